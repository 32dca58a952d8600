using System.Net;
using Insula.Linux.Netlink;

namespace Insula.Network;

/// <content>The machine's own addresses, which may change while the daemon runs: a new lease, another uplink.</content>
public sealed partial class PodNetwork
{
    // A lease that is renewed takes the address away before it gives it again.
    private static readonly TimeSpan SettleTime = TimeSpan.FromMilliseconds(500);

    private Task _watchAddresses = Task.CompletedTask;

    /// <summary>Raised when <see cref="HostAddresses"/> are others than before, on any thread.</summary>
    public event Action? HostAddressesChanged;

    private void LearnHost(RouteSocket routes)
    {
        _hostAddresses = ReadHost(routes, out IReadOnlyList<RouteInfo> known);
        _mtu = _options.Mtu
            ?? (Host.HostAddresses.DefaultRoute(known) is { OutputIndex: > 0 } way ? routes.FindLink(way.OutputIndex)?.Mtu : null)
            ?? DefaultMtu;
    }

    private List<IPAddress> ReadHost(RouteSocket routes, out IReadOnlyList<RouteInfo> known)
    {
        IPAddress[] own = [Pool.HostAddress, .. Pool.HostAddressV6 is { } v6 ? [v6] : Array.Empty<IPAddress>()];
        known = routes.GetRoutes(rtnetlink.AF_INET);
        List<IPAddress> found = [Host.HostAddresses.Choose(known, routes.GetAddresses(rtnetlink.AF_INET), own) ?? Pool.HostAddress];
        if (Pool.HostAddressV6 is { } ownV6)
        {
            found.Add(Host.HostAddresses.Choose(routes.GetRoutes(rtnetlink.AF_INET6), routes.GetAddresses(rtnetlink.AF_INET6), own) ?? ownV6);
        }

        return found;
    }

    private async Task WatchAddressesAsync(AddressMonitor monitor)
    {
        using (monitor)
        {
            while (!_stopping.IsCancellationRequested)
            {
                try
                {
                    await monitor.NextAsync(_events, _stopping.Token).ConfigureAwait(false);
                    await Task.Delay(SettleTime, _stopping.Token).ConfigureAwait(false);
                    List<IPAddress> now = await _detaching.RunAsync(() => ReadHost(_detaching.Routes, out _)).ConfigureAwait(false);
                    if (!now.SequenceEqual(_hostAddresses))
                    {
                        Log.HostMoved(_logger, string.Join(", ", now), string.Join(", ", _hostAddresses));
                        _hostAddresses = now;
                        HostAddressesChanged?.Invoke();
                    }
                }
                catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
                {
                    // Asked to stop.
                }
                catch (Exception e)
                {
                    // Nobody awaits this loop while the daemon runs: what disturbs it has to be said here, and is tried again with the next change.
                    Log.FollowingAddressesFailed(_logger, e);
                    await Task.Delay(FollowAgain, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }
    }
}
