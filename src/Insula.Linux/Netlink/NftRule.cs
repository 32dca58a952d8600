namespace Insula.Linux.Netlink;

/// <summary>
/// A rule as the kernel has it: expressions that load registers of four bytes (0 to 15), look at them, and act. What is no match ends the
/// rule. Only what <c>nft</c> has no words for is written like this.
/// </summary>
public sealed class NftRule
{
    private readonly List<Action<NetlinkWriter>> _expressions = [];

    /// <summary>Goes on only with this protocol of the network layer (NFPROTO_*).</summary>
    public NftRule Family(byte protocol) => LoadMeta(0, nf_tables.NFT_META_NFPROTO).Compare(0, nf_tables.NFT_CMP_EQ, [protocol]);

    /// <summary>Loads the number of the transport protocol.</summary>
    public NftRule LoadProtocol(int register) => LoadMeta(register, nf_tables.NFT_META_L4PROTO);

    /// <summary>Loads the name of the link by which the packet came in, into four registers.</summary>
    public NftRule LoadInputName(int register) => LoadMeta(register, nf_tables.NFT_META_IIFNAME);

    /// <summary>Loads the name of the link by which the packet goes out, into four registers.</summary>
    public NftRule LoadOutputName(int register) => LoadMeta(register, nf_tables.NFT_META_OIFNAME);

    /// <summary>Loads bytes of a header.</summary>
    /// <param name="register">The register.</param>
    /// <param name="header">NFT_PAYLOAD_*.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">How many.</param>
    public NftRule LoadPayload(int register, uint header, uint offset, uint length) => Add("payload", w =>
    {
        w.AttributeBigEndian(nf_tables.NFTA_PAYLOAD_DREG, nf_tables.Register(register));
        w.AttributeBigEndian(nf_tables.NFTA_PAYLOAD_BASE, header);
        w.AttributeBigEndian(nf_tables.NFTA_PAYLOAD_OFFSET, offset);
        w.AttributeBigEndian(nf_tables.NFTA_PAYLOAD_LEN, length);
    });

    /// <summary>Loads a constant.</summary>
    public NftRule Load(int register, byte[] value) => Add("immediate", w =>
    {
        w.AttributeBigEndian(nf_tables.NFTA_IMMEDIATE_DREG, nf_tables.Register(register));
        Value(w, nf_tables.NFTA_IMMEDIATE_DATA, value);
    });

    /// <summary>Loads a random number below <paramref name="modulus"/>, in host byte order.</summary>
    public NftRule LoadRandom(int register, uint modulus) => Add("numgen", w =>
    {
        w.AttributeBigEndian(nf_tables.NFTA_NG_DREG, nf_tables.Register(register));
        w.AttributeBigEndian(nf_tables.NFTA_NG_MODULUS, modulus);
        w.AttributeBigEndian(nf_tables.NFTA_NG_TYPE, nf_tables.NFT_NG_RANDOM);
    });

    /// <summary>Loads the port that the connection was made to, as it was before any translation.</summary>
    public NftRule LoadOriginalPort(int register) => LoadTuple(register, nf_tables.NFT_CT_PROTO_DST, nf_tables.IP_CT_DIR_ORIGINAL);

    /// <summary>Loads the address that the connection was made to, as it was before any translation; ends the rule when it is of the other family.</summary>
    public NftRule LoadOriginalAddress(int register, bool v6) =>
        LoadTuple(register, v6 ? nf_tables.NFT_CT_DST_IP6 : nf_tables.NFT_CT_DST_IP, nf_tables.IP_CT_DIR_ORIGINAL);

    /// <summary>Loads the address of who began the connection that the packet belongs to, in either direction; ends the rule when it is of the other family.</summary>
    public NftRule LoadClient(int register, bool v6) => LoadTuple(register, Source(v6), nf_tables.IP_CT_DIR_ORIGINAL);

    /// <summary>Loads the address that answers the connection that the packet belongs to, in either direction; ends the rule when it is of the other family.</summary>
    public NftRule LoadServer(int register, bool v6) => LoadTuple(register, Source(v6), nf_tables.IP_CT_DIR_REPLY);

    /// <summary>Loads the port that answers the connection that the packet belongs to, in either direction.</summary>
    public NftRule LoadServerPort(int register) => LoadTuple(register, nf_tables.NFT_CT_PROTO_SRC, nf_tables.IP_CT_DIR_REPLY);

    /// <summary>Loads the number of the transport protocol of the connection that the packet belongs to: of an ICMP error, that of what it is about.</summary>
    public NftRule LoadConnectionProtocol(int register) => Add("ct", w =>
    {
        w.AttributeBigEndian(nf_tables.NFTA_CT_DREG, nf_tables.Register(register));
        w.AttributeBigEndian(nf_tables.NFTA_CT_KEY, nf_tables.NFT_CT_PROTOCOL);
    });

    /// <summary>Goes on only when a register begins with these bytes.</summary>
    public NftRule Is(int register, byte[] value) => Compare(register, nf_tables.NFT_CMP_EQ, value);

    /// <summary>Goes on only when what a register begins with is neither below nor above these, as numbers in network byte order.</summary>
    public NftRule IsBetween(int register, byte[] least, byte[] most) =>
        Compare(register, nf_tables.NFT_CMP_GTE, least).Compare(register, nf_tables.NFT_CMP_LTE, most);

    /// <summary>Goes on only when the address that begins in a register is in a network, or is not; the bits of the register behind the prefix are lost.</summary>
    public NftRule IsInNetwork(int register, byte[] address, byte[] mask, bool not = false)
    {
        ArgumentNullException.ThrowIfNull(mask);
        return Add("bitwise", w =>
        {
            w.AttributeBigEndian(nf_tables.NFTA_BITWISE_SREG, nf_tables.Register(register));
            w.AttributeBigEndian(nf_tables.NFTA_BITWISE_DREG, nf_tables.Register(register));
            w.AttributeBigEndian(nf_tables.NFTA_BITWISE_LEN, (uint)mask.Length);
            Value(w, nf_tables.NFTA_BITWISE_MASK, mask);
            Value(w, nf_tables.NFTA_BITWISE_XOR, new byte[mask.Length]);
        }).Compare(register, not ? nf_tables.NFT_CMP_NEQ : nf_tables.NFT_CMP_EQ, address);
    }

    /// <summary>Goes on only when the connection's destination was translated.</summary>
    public NftRule IsTranslated() => Add("ct", w =>
    {
        w.AttributeBigEndian(nf_tables.NFTA_CT_DREG, nf_tables.Register(0));
        w.AttributeBigEndian(nf_tables.NFTA_CT_KEY, nf_tables.NFT_CT_STATUS);
    }).Add("bitwise", w =>
    {
        w.AttributeBigEndian(nf_tables.NFTA_BITWISE_SREG, nf_tables.Register(0));
        w.AttributeBigEndian(nf_tables.NFTA_BITWISE_DREG, nf_tables.Register(0));
        w.AttributeBigEndian(nf_tables.NFTA_BITWISE_LEN, 4);

        // The status is a number in host byte order.
        Value(w, nf_tables.NFTA_BITWISE_MASK, BitConverter.GetBytes(nf_tables.IPS_DST_NAT));
        Value(w, nf_tables.NFTA_BITWISE_XOR, new byte[4]);
    }).Compare(0, nf_tables.NFT_CMP_NEQ, new byte[4]);

    /// <summary>Goes on only when what begins in a register is a key of a set.</summary>
    public NftRule IsIn(string set, int register) => Add("lookup", w =>
    {
        w.AttributeString(nf_tables.NFTA_LOOKUP_SET, set);
        w.AttributeBigEndian(nf_tables.NFTA_LOOKUP_SREG, nf_tables.Register(register));
    });

    /// <summary>Loads what a map has for the key that begins in a register; goes on only when it has something.</summary>
    public NftRule LoadFrom(string map, int register, int destination) => Add("lookup", w =>
    {
        w.AttributeString(nf_tables.NFTA_LOOKUP_SET, map);
        w.AttributeBigEndian(nf_tables.NFTA_LOOKUP_SREG, nf_tables.Register(register));
        w.AttributeBigEndian(nf_tables.NFTA_LOOKUP_DREG, nf_tables.Register(destination));
    });

    /// <summary>Puts a key and its data into a dynamic map, or begins the time of those that are there anew; ends the rule when the map is full.</summary>
    public NftRule Remember(string map, int key, int data, TimeSpan timeout) => Add("dynset", w =>
    {
        w.AttributeString(nf_tables.NFTA_DYNSET_SET_NAME, map);
        w.AttributeBigEndian(nf_tables.NFTA_DYNSET_OP, nf_tables.NFT_DYNSET_OP_UPDATE);
        w.AttributeBigEndian(nf_tables.NFTA_DYNSET_SREG_KEY, nf_tables.Register(key));
        w.AttributeBigEndian(nf_tables.NFTA_DYNSET_SREG_DATA, nf_tables.Register(data));
        w.AttributeBigEndian(nf_tables.NFTA_DYNSET_TIMEOUT, (ulong)timeout.TotalMilliseconds);
    });

    /// <summary>Translates the destination into an address of one register, or of four with IPv6, and a port in the register after it.</summary>
    public NftRule TranslateTo(int register, bool v6) => Add("nat", w =>
    {
        w.AttributeBigEndian(nf_tables.NFTA_NAT_TYPE, nf_tables.NFT_NAT_DNAT);
        w.AttributeBigEndian(nf_tables.NFTA_NAT_FAMILY, v6 ? nf_tables.NFPROTO_IPV6 : nf_tables.NFPROTO_IPV4);
        w.AttributeBigEndian(nf_tables.NFTA_NAT_REG_ADDR_MIN, nf_tables.Register(register));
        w.AttributeBigEndian(nf_tables.NFTA_NAT_REG_PROTO_MIN, nf_tables.Register(register + (v6 ? 4 : 1)));
    });

    /// <summary>Gives the packet the address of the link by which it leaves.</summary>
    public NftRule Masquerade() => Add("masq", _ => { });

    /// <summary>Lets the packet pass this hook of the table.</summary>
    public NftRule Accept() => Verdict(unchecked((uint)nf_tables.NF_ACCEPT), null);

    /// <summary>The packet goes no further.</summary>
    public NftRule Drop() => Verdict(nf_tables.NF_DROP, null);

    /// <summary>Goes through another chain, and comes back.</summary>
    public NftRule Jump(string chain) => Verdict(unchecked((uint)nf_tables.NFT_JUMP), chain);

    /// <summary>Goes on in another chain, and not in this one again.</summary>
    public NftRule Goto(string chain) => Verdict(unchecked((uint)nf_tables.NFT_GOTO), chain);

    /// <summary>Goes back to the chain that jumped here.</summary>
    public NftRule Return() => Verdict(unchecked((uint)nf_tables.NFT_RETURN), null);

    internal void Write(NetlinkWriter writer)
    {
        int list = writer.BeginNested(nf_tables.NFTA_RULE_EXPRESSIONS);
        _expressions.ForEach(e => e(writer));
        writer.EndNested(list);
    }

    private static uint Source(bool v6) => v6 ? nf_tables.NFT_CT_SRC_IP6 : nf_tables.NFT_CT_SRC_IP;

    private NftRule LoadMeta(int register, uint key) => Add("meta", w =>
    {
        w.AttributeBigEndian(nf_tables.NFTA_META_DREG, nf_tables.Register(register));
        w.AttributeBigEndian(nf_tables.NFTA_META_KEY, key);
    });

    private NftRule LoadTuple(int register, uint key, byte direction) => Add("ct", w =>
    {
        w.AttributeBigEndian(nf_tables.NFTA_CT_DREG, nf_tables.Register(register));
        w.AttributeBigEndian(nf_tables.NFTA_CT_KEY, key);
        w.AttributeByte(nf_tables.NFTA_CT_DIRECTION, direction);
    });

    private static void Value(NetlinkWriter writer, ushort attribute, ReadOnlySpan<byte> value)
    {
        int data = writer.BeginNested(attribute);
        writer.Attribute(nf_tables.NFTA_DATA_VALUE, value);
        writer.EndNested(data);
    }

    private NftRule Compare(int register, uint operation, byte[] value) => Add("cmp", w =>
    {
        w.AttributeBigEndian(nf_tables.NFTA_CMP_SREG, nf_tables.Register(register));
        w.AttributeBigEndian(nf_tables.NFTA_CMP_OP, operation);
        Value(w, nf_tables.NFTA_CMP_DATA, value);
    });

    private NftRule Verdict(uint code, string? chain) => Add("immediate", w =>
    {
        w.AttributeBigEndian(nf_tables.NFTA_IMMEDIATE_DREG, nf_tables.NFT_REG_VERDICT);
        PutVerdict(w, nf_tables.NFTA_IMMEDIATE_DATA, code, chain);
    });

    internal static void PutVerdict(NetlinkWriter writer, ushort attribute, uint code, string? chain)
    {
        int data = writer.BeginNested(attribute);
        int verdict = writer.BeginNested(nf_tables.NFTA_DATA_VERDICT);
        writer.AttributeBigEndian(nf_tables.NFTA_VERDICT_CODE, code);
        if (chain is not null)
        {
            writer.AttributeString(nf_tables.NFTA_VERDICT_CHAIN, chain);
        }

        writer.EndNested(verdict);
        writer.EndNested(data);
    }

    private NftRule Add(string name, Action<NetlinkWriter> attributes)
    {
        _expressions.Add(w =>
        {
            int element = w.BeginNested(nf_tables.NFTA_LIST_ELEM);
            w.AttributeString(nf_tables.NFTA_EXPR_NAME, name);
            int data = w.BeginNested(nf_tables.NFTA_EXPR_DATA);
            attributes(w);
            w.EndNested(data);
            w.EndNested(element);
        });
        return this;
    }
}
