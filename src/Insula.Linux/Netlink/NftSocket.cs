namespace Insula.Linux.Netlink;

/// <summary>nftables (nf_tables over nfnetlink) in the network namespace of the thread that opened it.</summary>
public sealed class NftSocket : IDisposable
{
    // struct nfgenmsg.
    private const int HeaderLength = 4;
    private const int LargestBatch = 64 << 20;
    private readonly NetlinkSocket _socket;

    private NftSocket(NetlinkSocket socket)
    {
        _socket = socket;
        Port = socket.Bind();
    }

    /// <summary>What notifications of this socket's changes have as their port.</summary>
    public uint Port { get; }

    /// <summary>Opens a socket in the calling thread's network namespace.</summary>
    public static NftSocket Open()
    {
        NetlinkSocket socket = NetlinkSocket.Open(netlink.NETLINK_NETFILTER);
        socket.AllowLargeRequests(LargestBatch);
        return new(socket);
    }

    /// <summary>Does all changes of a batch, which may not be used again.</summary>
    /// <exception cref="NetlinkException">The kernel refused one of them, and did none.</exception>
    public void Execute(NftBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Count > 0)
        {
            _socket.ExecuteBatch(batch.Finish());
        }
    }

    /// <summary>The names of a table's sets and maps; empty when there is no such table.</summary>
    public IReadOnlyList<string> ListSets(string table)
    {
        NetlinkWriter request = new();
        Begin(request, nf_tables.NFT_MSG_GETSET, $"list sets of the table {table}");
        request.AttributeString(nf_tables.NFTA_SET_TABLE, table);
        try
        {
            return _socket.Query(request, dump: true, (type, payload) => ReadName(type, payload, nf_tables.NFT_MSG_NEWSET, nf_tables.NFTA_SET_NAME));
        }
        catch (NetlinkException e) when (e.Errno == Errno.ENOENT)
        {
            return [];
        }
    }

    /// <summary>The names of a table's chains; empty when there is no such table.</summary>
    public IReadOnlyList<string> ListChains(string table)
    {
        // The kernel lists those of all tables of the family.
        NetlinkWriter request = new();
        Begin(request, nf_tables.NFT_MSG_GETCHAIN, $"list chains of the table {table}");
        return
        [
            .. _socket.Query(request, dump: true, (type, payload) =>
                ReadName(type, payload, nf_tables.NFT_MSG_NEWCHAIN, nf_tables.NFTA_CHAIN_TABLE) == table
                    ? ReadName(type, payload, nf_tables.NFT_MSG_NEWCHAIN, nf_tables.NFTA_CHAIN_NAME)
                    : null),
        ];
    }

    /// <summary>All elements of a set or map.</summary>
    /// <param name="table">The table.</param>
    /// <param name="set">The set or map.</param>
    /// <param name="keyLength">Bytes of a key.</param>
    /// <param name="dataLength">Bytes of a value, or of the last key of an interval; 0 in a set of single keys.</param>
    /// <returns>Pieces in which keys, each followed by its data, stand without gaps. Elements of other sizes are left out.</returns>
    /// <exception cref="NetlinkException">ENOENT when there is no such set, among others.</exception>
    public IReadOnlyList<byte[]> ListElements(string table, string set, int keyLength, int dataLength)
    {
        NetlinkWriter request = new();
        Begin(request, nf_tables.NFT_MSG_GETSETELEM, $"list elements of {set} of the table {table}");
        request.AttributeString(nf_tables.NFTA_SET_ELEM_LIST_TABLE, table);
        request.AttributeString(nf_tables.NFTA_SET_ELEM_LIST_SET, set);
        return _socket.Query(request, dump: true, (type, payload) => ReadElements(type, payload, keyLength, dataLength));
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static void Begin(NetlinkWriter request, int message, string description)
    {
        request.Begin(nf_tables.Type(message), netlink.NLM_F_DUMP, description);
        request.Put((uint)nf_tables.NFPROTO_INET);
    }

    private static string? ReadName(ushort type, ReadOnlySpan<byte> payload, int message, ushort attribute)
    {
        if (type != nf_tables.Type(message) || payload.Length < HeaderLength)
        {
            return null;
        }

        NetlinkAttributes attributes = new(payload[HeaderLength..]);
        while (attributes.Next())
        {
            if (attributes.Type == attribute)
            {
                return attributes.String;
            }
        }

        return null;
    }

    /// <summary>Reads one message of a list of elements.</summary>
    /// <exception cref="InvalidDataException">Broken lengths.</exception>
    internal static byte[]? ReadElements(ushort type, ReadOnlySpan<byte> payload, int keyLength, int dataLength)
    {
        if (type != nf_tables.Type(nf_tables.NFT_MSG_NEWSETELEM) || payload.Length < HeaderLength)
        {
            return null;
        }

        MemoryStream found = new();
        NetlinkAttributes attributes = new(payload[HeaderLength..]);
        while (attributes.Next())
        {
            if (attributes.Type != nf_tables.NFTA_SET_ELEM_LIST_ELEMENTS)
            {
                continue;
            }

            NetlinkAttributes elements = attributes.Nested;
            while (elements.Next())
            {
                ReadOnlySpan<byte> key = default;
                ReadOnlySpan<byte> data = default;
                NetlinkAttributes parts = elements.Nested;
                while (parts.Next())
                {
                    if (parts.Type is nf_tables.NFTA_SET_ELEM_KEY)
                    {
                        key = Value(parts.Nested);
                    }
                    else if (parts.Type is nf_tables.NFTA_SET_ELEM_DATA or nf_tables.NFTA_SET_ELEM_KEY_END)
                    {
                        data = Value(parts.Nested);
                    }
                }

                if (key.Length == keyLength && data.Length == dataLength)
                {
                    found.Write(key);
                    found.Write(data);
                }
            }
        }

        return found.ToArray();
    }

    private static ReadOnlySpan<byte> Value(NetlinkAttributes data)
    {
        while (data.Next())
        {
            if (data.Type == nf_tables.NFTA_DATA_VALUE)
            {
                return data.Value;
            }
        }

        return default;
    }
}
