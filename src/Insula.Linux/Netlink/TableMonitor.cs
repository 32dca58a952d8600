using System.Buffers.Binary;
using Insula.Linux.Events;

namespace Insula.Linux.Netlink;

/// <summary>Tells who changes an nftables table of the family inet, in the network namespace of the thread that opened it.</summary>
public sealed class TableMonitor : IDisposable
{
    // struct nfgenmsg.
    private const int HeaderLength = 4;

    // Only what others do takes room; a firewall that is written anew has some thousands of rules.
    private const int Queue = 4 << 20;

    // Of all objects of a table the first attribute is the table's name.
    private const ushort TableAttribute = 1;

    private readonly NetlinkSocket _socket;
    private readonly string _table;
    private readonly Lock _lock = new();
    private readonly List<uint> _leftOut = [];
    private bool _disposed;

    private TableMonitor(NetlinkSocket socket, string table) => (_socket, _table) = (socket, table);

    /// <summary>Opens the monitor; changes from now on are told.</summary>
    public static TableMonitor Open(string table)
    {
        NetlinkSocket socket = NetlinkSocket.Open(netlink.NETLINK_NETFILTER);
        try
        {
            socket.AllowLongQueue(Queue);
            socket.Join(nf_tables.NFNLGRP_NFTABLES);
            return new TableMonitor(socket, table);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Tells no more of what is asked for by this socket. May be called from any thread.</summary>
    public void LeaveOut(NftSocket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        lock (_lock)
        {
            if (!_disposed)
            {
                _leftOut.Add(socket.Port);
                _socket.LeaveOut(_leftOut);
            }
        }
    }

    /// <summary>Waits for the next changes, those of other tables left out but for the ends of their transactions.</summary>
    /// <returns>The changes; <see langword="null"/> when some were lost and the table is to be looked at.</returns>
    public async Task<IReadOnlyList<TableChange>?> NextAsync(EventLoop events, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(events);
        await events.WaitReadableAsync(_socket.Descriptor, cancellationToken).ConfigureAwait(false);
        List<TableChange> changes = [];
        return _socket.Drain((port, type, payload) => Read(_table, port, type, payload), changes) ? changes : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _socket.Dispose();
        }
    }

    /// <summary>Reads one notification.</summary>
    /// <exception cref="InvalidDataException">Broken lengths.</exception>
    internal static TableChange? Read(string table, uint port, ushort type, ReadOnlySpan<byte> payload)
    {
        if (type >> 8 != nf_tables.NFNL_SUBSYS_NFTABLES || payload.Length < HeaderLength)
        {
            return null;
        }

        int message = type & 0xff;
        NetlinkAttributes attributes = new(payload[HeaderLength..]);
        if (message == nf_tables.NFT_MSG_NEWGEN)
        {
            return ReadEnd(port, attributes);
        }

        // A table of the same name in another family is another table.
        if (payload[0] != nf_tables.NFPROTO_INET)
        {
            return null;
        }

        bool ours = false;
        string name = "";
        while (attributes.Next())
        {
            if (attributes.Type == TableAttribute)
            {
                ours = attributes.String == table;
            }
            else if (attributes.Type == NameAttribute(message))
            {
                name = attributes.String;
            }
        }

        return ours ? new TableChange(port, message, name) : null;
    }

    private static TableChange ReadEnd(uint port, NetlinkAttributes attributes)
    {
        string program = "";
        uint process = 0;
        while (attributes.Next())
        {
            if (attributes.Type == nf_tables.NFTA_GEN_PROC_PID && attributes.Value.Length == sizeof(uint))
            {
                process = BinaryPrimitives.ReadUInt32BigEndian(attributes.Value);
            }
            else if (attributes.Type == nf_tables.NFTA_GEN_PROC_NAME)
            {
                program = attributes.String;
            }
        }

        return new TableChange(port, nf_tables.NFT_MSG_NEWGEN, "", program, process);
    }

    /// <summary>Where a message has the name of the chain or set it is about; 0 where it has none.</summary>
    private static ushort NameAttribute(int message) => message switch
    {
        nf_tables.NFT_MSG_NEWCHAIN or nf_tables.NFT_MSG_DELCHAIN => nf_tables.NFTA_CHAIN_NAME,
        nf_tables.NFT_MSG_NEWRULE or nf_tables.NFT_MSG_DELRULE => nf_tables.NFTA_RULE_CHAIN,
        nf_tables.NFT_MSG_NEWSET or nf_tables.NFT_MSG_DELSET => nf_tables.NFTA_SET_NAME,
        nf_tables.NFT_MSG_NEWSETELEM or nf_tables.NFT_MSG_DELSETELEM => nf_tables.NFTA_SET_ELEM_LIST_SET,
        _ => 0,
    };
}
