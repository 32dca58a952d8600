using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Insula.Linux.Events;

namespace Insula.Linux.Netlink;

/// <summary>Tells when links come up and go down, in the network namespace of the thread that opened it.</summary>
public sealed class LinkMonitor : IDisposable
{
    private readonly NetlinkSocket _socket;

    private LinkMonitor(NetlinkSocket socket) => _socket = socket;

    /// <summary>Opens the monitor; changes from now on are told.</summary>
    public static LinkMonitor Open()
    {
        NetlinkSocket socket = NetlinkSocket.Open(netlink.NETLINK_ROUTE);
        try
        {
            socket.Join(rtnetlink.RTNLGRP_LINK);
            return new LinkMonitor(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Waits for the next changes.</summary>
    /// <returns>The changes; <see langword="null"/> when some were lost and everything is to be looked at again.</returns>
    public async Task<IReadOnlyList<LinkChange>?> NextAsync(EventLoop events, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(events);
        await events.WaitReadableAsync(_socket.Descriptor, cancellationToken).ConfigureAwait(false);
        List<LinkChange> changes = [];
        return _socket.Drain(Read, changes) ? changes : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static LinkChange? Read(ushort type, ReadOnlySpan<byte> payload)
    {
        if (type is not (rtnetlink.RTM_NEWLINK or rtnetlink.RTM_DELLINK) || payload.Length < Unsafe.SizeOf<IfInfoMessage>())
        {
            return null;
        }

        IfInfoMessage link = MemoryMarshal.Read<IfInfoMessage>(payload);
        const uint Running = rtnetlink.IFF_UP | rtnetlink.IFF_RUNNING;
        return new LinkChange(link.Index, type == rtnetlink.RTM_NEWLINK && (link.Flags & Running) == Running);
    }
}
