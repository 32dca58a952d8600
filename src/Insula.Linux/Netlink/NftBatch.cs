namespace Insula.Linux.Netlink;

/// <summary>Changes of one nftables table of the family inet, done by the kernel as one transaction: all of them or none.</summary>
public sealed class NftBatch
{
    // struct nfgenmsg: family, version, resource id in network byte order.
    private const uint Header = nf_tables.NFPROTO_INET;
    private const uint BatchHeader = (uint)nf_tables.NFNL_SUBSYS_NFTABLES << 24;

    // An attribute's length has sixteen bits.
    private const int MostBytesOfElements = 60_000;
    private const int AttributeHeaders = 5 * 4;
    private readonly string _table;

    /// <summary>Begins a batch for a table.</summary>
    public NftBatch(string table)
    {
        ArgumentException.ThrowIfNullOrEmpty(table);
        _table = table;
        Writer.Begin(nf_tables.NFNL_MSG_BATCH_BEGIN, 0, $"change the table {table}");
        Writer.Put(BatchHeader);
    }

    /// <summary>How many changes there are.</summary>
    public int Count => Writer.Requests.Count - 1;

    /// <summary>How many bytes they take.</summary>
    public int Length => Writer.Length;

    internal NetlinkWriter Writer { get; } = new();

    /// <summary>NFT_MSG_NEWTABLE: makes the table, unless it is there; one that was put to sleep wakes up.</summary>
    public NftBatch AddTable()
    {
        Begin(nf_tables.NFT_MSG_NEWTABLE, netlink.NLM_F_CREATE, "add");
        Writer.AttributeString(nf_tables.NFTA_TABLE_NAME, _table);
        Writer.AttributeBigEndian(nf_tables.NFTA_TABLE_FLAGS, 0u);
        return this;
    }

    /// <summary>NFT_MSG_NEWSET: makes a set or map, unless it is there.</summary>
    public NftBatch AddSet(string name, NftSetType type)
    {
        ArgumentNullException.ThrowIfNull(type);
        Begin(nf_tables.NFT_MSG_NEWSET, netlink.NLM_F_CREATE, $"add set {name}");
        Writer.AttributeString(nf_tables.NFTA_SET_TABLE, _table);
        Writer.AttributeString(nf_tables.NFTA_SET_NAME, name);
        Writer.AttributeBigEndian(
            nf_tables.NFTA_SET_FLAGS,
            (type.DataLength > 0 ? nf_tables.NFT_SET_MAP : 0) | (type.IsDynamic ? nf_tables.NFT_SET_TIMEOUT | nf_tables.NFT_SET_EVAL : 0));
        Writer.AttributeBigEndian(nf_tables.NFTA_SET_KEY_TYPE, NftSetType.Concatenation(type.KeyTypes));
        Writer.AttributeBigEndian(nf_tables.NFTA_SET_KEY_LEN, (uint)type.KeyLength);
        if (type.DataLength > 0)
        {
            Writer.AttributeBigEndian(nf_tables.NFTA_SET_DATA_TYPE, NftSetType.Concatenation(type.DataTypes));
            Writer.AttributeBigEndian(nf_tables.NFTA_SET_DATA_LEN, (uint)type.DataLength);
        }

        if (type.Size > 0)
        {
            int description = Writer.BeginNested(nf_tables.NFTA_SET_DESC);
            Writer.AttributeBigEndian(nf_tables.NFTA_SET_DESC_SIZE, type.Size);
            Writer.EndNested(description);
        }

        // A number by which rules of the same batch could mean it; required, and not used.
        Writer.AttributeBigEndian(nf_tables.NFTA_SET_ID, (uint)Writer.Requests.Count);
        return this;
    }

    /// <summary>NFT_MSG_DELSET.</summary>
    public NftBatch DeleteSet(string name)
    {
        Begin(nf_tables.NFT_MSG_DELSET, 0, $"delete set {name}");
        Writer.AttributeString(nf_tables.NFTA_SET_TABLE, _table);
        Writer.AttributeString(nf_tables.NFTA_SET_NAME, name);
        return this;
    }

    /// <summary>NFT_MSG_NEWCHAIN: makes a chain that others jump to, unless it is there.</summary>
    public NftBatch AddChain(string name)
    {
        Begin(nf_tables.NFT_MSG_NEWCHAIN, netlink.NLM_F_CREATE, $"add chain {name}");
        Writer.AttributeString(nf_tables.NFTA_CHAIN_TABLE, _table);
        Writer.AttributeString(nf_tables.NFTA_CHAIN_NAME, name);
        return this;
    }

    /// <summary>NFT_MSG_NEWCHAIN: makes a chain of type filter and policy accept that packets come through at a hook, unless it is there.</summary>
    /// <param name="name">The chain.</param>
    /// <param name="hook">NF_INET_*.</param>
    /// <param name="priority">Chains of lower ones come before.</param>
    public NftBatch AddBaseChain(string name, uint hook, int priority)
    {
        AddChain(name);
        int place = Writer.BeginNested(nf_tables.NFTA_CHAIN_HOOK);
        Writer.AttributeBigEndian(nf_tables.NFTA_HOOK_HOOKNUM, hook);
        Writer.AttributeBigEndian(nf_tables.NFTA_HOOK_PRIORITY, unchecked((uint)priority));
        Writer.EndNested(place);
        Writer.AttributeBigEndian(nf_tables.NFTA_CHAIN_POLICY, nf_tables.NF_ACCEPT);
        Writer.AttributeString(nf_tables.NFTA_CHAIN_TYPE, "filter");
        return this;
    }

    /// <summary>NFT_MSG_DELCHAIN, with the rules in it.</summary>
    public NftBatch DeleteChain(string name)
    {
        Begin(nf_tables.NFT_MSG_DELCHAIN, 0, $"delete chain {name}");
        Writer.AttributeString(nf_tables.NFTA_CHAIN_TABLE, _table);
        Writer.AttributeString(nf_tables.NFTA_CHAIN_NAME, name);
        return this;
    }

    /// <summary>NFT_MSG_DELRULE of all rules of a chain.</summary>
    public NftBatch FlushChain(string name)
    {
        Begin(nf_tables.NFT_MSG_DELRULE, 0, $"flush chain {name}");
        Writer.AttributeString(nf_tables.NFTA_RULE_TABLE, _table);
        Writer.AttributeString(nf_tables.NFTA_RULE_CHAIN, name);
        return this;
    }

    /// <summary>NFT_MSG_NEWRULE behind the chain's others.</summary>
    public NftBatch AddRule(string chain, NftRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        Begin(nf_tables.NFT_MSG_NEWRULE, netlink.NLM_F_CREATE | netlink.NLM_F_APPEND, $"add rule to chain {chain}");
        Writer.AttributeString(nf_tables.NFTA_RULE_TABLE, _table);
        Writer.AttributeString(nf_tables.NFTA_RULE_CHAIN, chain);
        rule.Write(Writer);
        return this;
    }

    /// <summary>NFT_MSG_NEWSETELEM.</summary>
    /// <param name="set">The set or map.</param>
    /// <param name="elements">Keys, each followed by its data in a map, without gaps.</param>
    /// <param name="keyLength">Bytes of a key.</param>
    /// <param name="dataLength">Bytes of a value; 0 in a set.</param>
    public NftBatch AddElements(string set, ReadOnlySpan<byte> elements, int keyLength, int dataLength) =>
        Elements(nf_tables.NFT_MSG_NEWSETELEM, netlink.NLM_F_CREATE, $"add elements to {set}", set, elements, keyLength, dataLength);

    /// <summary>NFT_MSG_DELSETELEM; each must be there.</summary>
    /// <param name="set">The set or map.</param>
    /// <param name="keys">Keys, without gaps.</param>
    /// <param name="keyLength">Bytes of a key.</param>
    public NftBatch DeleteElements(string set, ReadOnlySpan<byte> keys, int keyLength) =>
        Elements(nf_tables.NFT_MSG_DELSETELEM, 0, $"delete elements of {set}", set, keys, keyLength, 0);

    /// <summary>NFT_MSG_NEWSETELEM of a set of intervals of concatenations.</summary>
    /// <param name="set">The set.</param>
    /// <param name="ranges">First keys, each followed by the last key, without gaps. None may overlap with another or with what is there.</param>
    /// <param name="keyLength">Bytes of a key.</param>
    public NftBatch AddRanges(string set, ReadOnlySpan<byte> ranges, int keyLength) =>
        Elements(nf_tables.NFT_MSG_NEWSETELEM, netlink.NLM_F_CREATE, $"add ranges to {set}", set, ranges, keyLength, keyLength, nf_tables.NFTA_SET_ELEM_KEY_END);

    /// <summary>NFT_MSG_DELSETELEM of such a set; each must be there.</summary>
    public NftBatch DeleteRanges(string set, ReadOnlySpan<byte> ranges, int keyLength) =>
        Elements(nf_tables.NFT_MSG_DELSETELEM, 0, $"delete ranges of {set}", set, ranges, keyLength, keyLength, nf_tables.NFTA_SET_ELEM_KEY_END);

    /// <summary>NFT_MSG_NEWSETELEM of one element of a verdict map: what has this key jumps to a chain.</summary>
    public NftBatch AddJump(string map, ReadOnlySpan<byte> key, string chain)
    {
        Begin(nf_tables.NFT_MSG_NEWSETELEM, netlink.NLM_F_CREATE, $"add a jump to {map}");
        Writer.AttributeString(nf_tables.NFTA_SET_ELEM_LIST_TABLE, _table);
        Writer.AttributeString(nf_tables.NFTA_SET_ELEM_LIST_SET, map);
        int list = Writer.BeginNested(nf_tables.NFTA_SET_ELEM_LIST_ELEMENTS);
        int element = Writer.BeginNested(nf_tables.NFTA_LIST_ELEM);
        Value(nf_tables.NFTA_SET_ELEM_KEY, key);
        NftRule.PutVerdict(Writer, nf_tables.NFTA_SET_ELEM_DATA, unchecked((uint)nf_tables.NFT_JUMP), chain);
        Writer.EndNested(element);
        Writer.EndNested(list);
        return this;
    }

    /// <summary>NFT_MSG_DELSETELEM of all elements there are.</summary>
    public NftBatch FlushElements(string set)
    {
        Begin(nf_tables.NFT_MSG_DELSETELEM, 0, $"delete all elements of {set}");
        Writer.AttributeString(nf_tables.NFTA_SET_ELEM_LIST_TABLE, _table);
        Writer.AttributeString(nf_tables.NFTA_SET_ELEM_LIST_SET, set);
        return this;
    }

    /// <summary>Ends the batch. Of its messages the last alone is acknowledged when all is well; a refusal is told of any.</summary>
    internal NetlinkWriter Finish()
    {
        Writer.AddFlags(netlink.NLM_F_ACK);
        Writer.Begin(nf_tables.NFNL_MSG_BATCH_END, 0, $"change the table {_table}");
        Writer.Put(BatchHeader);
        return Writer;
    }

    private NftBatch Elements(int message, ushort flags, string description, string set, ReadOnlySpan<byte> elements, int keyLength, int dataLength, ushort second = nf_tables.NFTA_SET_ELEM_DATA)
    {
        int size = keyLength + dataLength;
        int most = MostBytesOfElements / (size + AttributeHeaders) * size;
        while (elements.Length > 0)
        {
            ReadOnlySpan<byte> some = elements[..Math.Min(most, elements.Length)];
            elements = elements[some.Length..];
            Begin(message, flags, description);
            Writer.AttributeString(nf_tables.NFTA_SET_ELEM_LIST_TABLE, _table);
            Writer.AttributeString(nf_tables.NFTA_SET_ELEM_LIST_SET, set);
            int list = Writer.BeginNested(nf_tables.NFTA_SET_ELEM_LIST_ELEMENTS);
            for (; some.Length > 0; some = some[size..])
            {
                int element = Writer.BeginNested(nf_tables.NFTA_LIST_ELEM);
                Value(nf_tables.NFTA_SET_ELEM_KEY, some[..keyLength]);
                if (dataLength > 0)
                {
                    Value(second, some[keyLength..size]);
                }

                Writer.EndNested(element);
            }

            Writer.EndNested(list);
        }

        return this;
    }

    private void Value(ushort attribute, ReadOnlySpan<byte> value)
    {
        int nested = Writer.BeginNested(attribute);
        Writer.Attribute(nf_tables.NFTA_DATA_VALUE, value);
        Writer.EndNested(nested);
    }

    private void Begin(int message, ushort flags, string description)
    {
        Writer.Begin(nf_tables.Type(message), flags, $"{description} of the table {_table}");
        Writer.Put(Header);
    }
}
