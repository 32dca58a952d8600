using System.Runtime.InteropServices;
using Insula.Linux.Events;

namespace Insula.Linux.Netlink;

/// <summary>Tells when links appear or their IPv4 forwarding is set, in the network namespace of the thread that opened it.</summary>
public sealed class ForwardingMonitor : IDisposable
{
    // struct netconfmsg is one byte, padded to the alignment of attributes.
    private const int HeaderLength = 4;
    private readonly NetlinkSocket _socket;

    private ForwardingMonitor(NetlinkSocket socket) => _socket = socket;

    /// <summary>Opens the monitor; changes from now on are told.</summary>
    public static ForwardingMonitor Open()
    {
        NetlinkSocket socket = NetlinkSocket.Open(netlink.NETLINK_ROUTE);
        try
        {
            socket.Join(rtnetlink.RTNLGRP_IPV4_NETCONF);
            return new ForwardingMonitor(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Waits for the next changes.</summary>
    /// <returns>The changes; <see langword="null"/> when some were lost and everything is to be looked at again.</returns>
    public async Task<IReadOnlyList<ForwardingChange>?> NextAsync(EventLoop events, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(events);
        await events.WaitReadableAsync(_socket.Descriptor, cancellationToken).ConfigureAwait(false);
        List<ForwardingChange> changes = [];
        return _socket.Drain(Read, changes) ? changes : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static ForwardingChange? Read(ushort type, ReadOnlySpan<byte> payload)
    {
        if (type != rtnetlink.RTM_NEWNETCONF || payload.Length < HeaderLength)
        {
            return null;
        }

        int? index = null;
        bool? forwarding = null;
        NetlinkAttributes attributes = new(payload[HeaderLength..]);
        while (attributes.Next())
        {
            if (attributes.Type == rtnetlink.NETCONFA_IFINDEX)
            {
                index = MemoryMarshal.Read<int>(attributes.Value);
            }
            else if (attributes.Type == rtnetlink.NETCONFA_FORWARDING)
            {
                forwarding = attributes.UInt32 != 0;
            }
        }

        return index is { } i && forwarding is { } f ? new ForwardingChange(i, f) : null;
    }
}
