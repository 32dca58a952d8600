namespace Insula.Linux.Netlink;

/// <summary>What a set or map made by <see cref="NftBatch.AddSet"/> holds.</summary>
/// <param name="KeyTypes">The types of the key's parts, as <c>nft</c> numbers them, for those who list the table.</param>
/// <param name="KeyLength">Bytes of a key; each part begins at a multiple of four.</param>
public sealed record NftSetType(IReadOnlyList<uint> KeyTypes, int KeyLength)
{
    /// <summary><c>ipv4_addr</c>.</summary>
    public const uint Address = 7;

    /// <summary><c>ipv6_addr</c>.</summary>
    public const uint AddressV6 = 8;

    /// <summary><c>inet_proto</c>.</summary>
    public const uint Protocol = 12;

    /// <summary><c>inet_service</c>.</summary>
    public const uint Service = 13;

    private const int BitsOfType = 6;

    /// <summary>The types of a map's values; empty for a set.</summary>
    public IReadOnlyList<uint> DataTypes { get; init; } = [];

    /// <summary>Bytes of a value.</summary>
    public int DataLength { get; init; }

    /// <summary>Whether rules put elements in, which time takes away again.</summary>
    public bool IsDynamic { get; init; }

    /// <summary>The most elements; 0 for no limit.</summary>
    public uint Size { get; init; }

    /// <summary>The types as one number.</summary>
    internal static uint Concatenation(IReadOnlyList<uint> types) => types.Aggregate(0u, (all, one) => (all << BitsOfType) | one);
}
