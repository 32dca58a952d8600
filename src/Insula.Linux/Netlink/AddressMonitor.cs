using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Insula.Linux.Events;

namespace Insula.Linux.Netlink;

/// <summary>Tells when addresses of the host or its default routes come and go, in the network namespace of the thread that opened it.</summary>
public sealed class AddressMonitor : IDisposable
{
    private static readonly object _relevant = new();
    private readonly NetlinkSocket _socket;

    private AddressMonitor(NetlinkSocket socket) => _socket = socket;

    /// <summary>Opens the monitor; changes from now on are told.</summary>
    public static AddressMonitor Open()
    {
        NetlinkSocket socket = NetlinkSocket.Open(netlink.NETLINK_ROUTE);
        try
        {
            socket.Join(rtnetlink.RTNLGRP_IPV4_IFADDR, rtnetlink.RTNLGRP_IPV4_ROUTE, rtnetlink.RTNLGRP_IPV6_IFADDR, rtnetlink.RTNLGRP_IPV6_ROUTE);
            return new AddressMonitor(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Waits for the next change, or until some may have been lost. Which it was is to be looked at.</summary>
    public async Task NextAsync(EventLoop events, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(events);
        for (List<object> changes = []; changes.Count == 0;)
        {
            await events.WaitReadableAsync(_socket.Descriptor, cancellationToken).ConfigureAwait(false);
            if (!_socket.Drain(Read, changes))
            {
                return;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static object? Read(ushort type, ReadOnlySpan<byte> payload) => type switch
    {
        rtnetlink.RTM_NEWADDR or rtnetlink.RTM_DELADDR => _relevant,

        // Each pod has a route of its own; where the rest of the world is, only the default ones say.
        rtnetlink.RTM_NEWROUTE or rtnetlink.RTM_DELROUTE when payload.Length >= Unsafe.SizeOf<RouteMessage>() && MemoryMarshal.Read<RouteMessage>(payload).DestinationLength == 0 => _relevant,
        _ => null,
    };
}
