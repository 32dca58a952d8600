using System.Net;
using Insula.Linux;
using Insula.Linux.Netlink;

namespace Insula.Network.Services;

public sealed partial class ServicePlane
{
    /// <summary>
    /// Clients that were kept at a target which is not one of their frontend's any more are to choose anew. One that came between the
    /// transaction and the look at the map chose among the right ones.
    /// </summary>
    private void ForgetClients(NftSocket socket, HashSet<int> times)
    {
        foreach (var (seconds, family) in times.Where(_kernel!.Sticky.ContainsKey).SelectMany(t => ServiceElements.Families.Select(f => (t, f))))
        {
            var map = family.Name(ServiceRules.ClientMap(seconds));
            var gone = new List<byte>();
            KernelState.Each(socket, _network.Names.Table, map, family.ClientLength, family.TargetLength, (key, data) =>
            {
                var frontend = family.ReadFrontend(key[family.AddressLength..]);
                var target = family.ReadTarget(data);
                if (!_wanted.TryGetValue(frontend, out var wanted) || wanted.Targets.AffinitySeconds != seconds || !wanted.Targets.Targets.Contains(target))
                {
                    gone.AddRange(key);
                }
            });

            // One by one: time may take any of them away at this moment, and a transaction with one that is not there does nothing.
            for (var at = 0; at < gone.Count; at += family.ClientLength)
            {
                try
                {
                    socket.Execute(new NftBatch(_network.Names.Table).DeleteElements(
                        map, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(gone).Slice(at, family.ClientLength), family.ClientLength));
                }
                catch (NetlinkException e) when (e.Errno == Errno.ENOENT)
                {
                    // Gone already.
                }
            }
        }
    }

    /// <summary>UDP flows that go where their frontend does not lead any more, and those that began before it led anywhere.</summary>
    private void ForgetFlows(List<(Frontend Frontend, HashSet<Target> Before)> flows)
    {
        if (flows.Count == 0)
        {
            return;
        }

        var conntrack = _conntrack ??= ConntrackSocket.Open();
        var local = new Lazy<HashSet<IPAddress>>(() => [.. _worker.Routes.GetAddresses(rtnetlink.AF_UNSPEC).Select(a => a.Address)]);
        foreach (var (frontend, before) in flows)
        {
            var now = _wanted.TryGetValue(frontend, out var wanted) ? wanted.Targets.Targets.ToHashSet() : [];
            if (before.SetEquals(now))
            {
                continue;
            }

            try
            {
                conntrack.DeleteTo(frontend.Protocol, frontend.Address.ToAddress(), frontend.Port, (destination, answering) => IsRight(frontend, before, now, destination, answering, local));
            }
            catch (NetlinkException e)
            {
                // The kernel cannot do it: flows end by themselves when they are idle.
                LogFlows(frontend.ToString(), e.Message);
            }
        }
    }

    /// <summary>Whether a flow to a frontend may go on. A port of the machine is also a port of every other machine, and of programs here.</summary>
    private static bool IsRight(
        Frontend frontend, HashSet<Target> before, HashSet<Target> now, IPAddress destination, IPEndPoint answering, Lazy<HashSet<IPAddress>> local)
    {
        var isTranslated = !answering.Address.Equals(destination);
        if (isTranslated)
        {
            var target = Target.Of(answering);
            return now.Contains(target) || (frontend.Address.IsAny && !before.Contains(target));
        }

        // To the machine itself: stuck there, if the frontend leads on by now.
        return frontend.Address.IsAny && (now.Count == 0 || IPAddress.IsLoopback(destination) || !local.Value.Contains(destination));
    }
}
