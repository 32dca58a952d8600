using System.Net;
using System.Net.Sockets;
using Insula.Linux;
using Insula.Linux.Netlink;
using Insula.Linux.Sockets;
using Insula.Network.Links;
using Microsoft.Extensions.Logging;

namespace Insula.Network.Balancers;

/// <content>How neighbours learn where addresses are.</content>
public sealed partial class PoolBalancer
{
    private static readonly TimeSpan _followAgain = TimeSpan.FromSeconds(1);

    /// <summary>Tells the neighbours on links where addresses are.</summary>
    /// <param name="addresses">The addresses.</param>
    /// <param name="only">The link's number; null: all links.</param>
    private void Announce(IReadOnlyList<IPAddress> addresses, int? only)
    {
        var links = _routes!.GetLinks().Where(l => (only is null || l.Index == only) && (_link is null ? !LinkNames.IsAnyPods(l.Name) : l.Name == _link)
            && (l.Flags & (rtnetlink.IFF_UP | rtnetlink.IFF_LOOPBACK | rtnetlink.IFF_NOARP)) == rtnetlink.IFF_UP && !l.Mac.IsZero).ToList();
        foreach (var link in links)
        {
            foreach (var address in addresses)
            {
                try
                {
                    Announce(link, address);
                }
                catch (Exception e) when (e is LinuxException or NetlinkException)
                {
                    // The link goes down in this instant: it is announced when it comes up.
                    LogUnannounced(address.ToString(), link.Name, e.Message);
                }
            }
        }

        if (links.Count == 0 && only is null && _link is not null)
        {
            LogNoLink(_link);
        }
    }

    private void Announce(LinkInfo link, IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            ArpAnnouncement.Send(link.Index, link.Mac, address);
            return;
        }

        // A link that went down has lost it.
        BindTo(link.Index, address);
        Failpoint.Hit("balancers.pool.linked");
        NeighbourAdvertisement.Send(link.Index, link.Mac, address);
    }

    private async Task WatchAsync(LinkMonitor monitor)
    {
        using (monitor)
        {
            var up = new HashSet<int>();
            while (!_stopping.IsCancellationRequested)
            {
                try
                {
                    var changes = await monitor.NextAsync(_events, _stopping.Token).ConfigureAwait(false);

                    // What was missed may have been any link.
                    var come = changes is null ? [null] : Risen(up, changes);
                    if (come.Count > 0 && _given.Count > 0)
                    {
                        await InTurnAsync(
                            () =>
                            {
                                foreach (var index in come)
                                {
                                    Announce([.. _given.Keys], index);
                                }

                                return true;
                            },
                            _stopping.Token).ConfigureAwait(false);
                    }
                }
                catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
                {
                    // Asked to stop.
                }
                catch (Exception e)
                {
                    // Nobody awaits this loop: what disturbs it has to be said here.
                    LogFollowing(_followAgain.TotalSeconds, e);
                    await Task.Delay(_followAgain, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }
    }

    /// <summary>The links that run now and did not before.</summary>
    private static List<int?> Risen(HashSet<int> up, IReadOnlyList<LinkChange> changes)
    {
        var risen = new List<int?>();
        foreach (var change in changes)
        {
            if (!change.IsRunning)
            {
                up.Remove(change.Index);
            }
            else if (up.Add(change.Index))
            {
                risen.Add(change.Index);
            }
        }

        return risen;
    }

    [LoggerMessage(2, LogLevel.Debug, "{Address} is not announced on {Link}: {Reason}")]
    private partial void LogUnannounced(string address, string link, string reason);

    [LoggerMessage(3, LogLevel.Warning, "the link {Link}, on which addresses of Services are to be announced, is not there or not up; they are when it comes up")]
    private partial void LogNoLink(string link);

    [LoggerMessage(4, LogLevel.Error, "following links for Services' addresses is begun again in {Seconds} s")]
    private partial void LogFollowing(double seconds, Exception e);
}
