using System.Buffers.Binary;
using System.Net;
using Insula.Linux.Netlink;

namespace Insula.Network.Services;

/// <summary>
/// Frontends and targets of one family as bytes of nftables' elements, each part of which begins at a multiple of four; and the names of the sets
/// and maps that hold them. IPv4 and IPv6 have sets of their own, alike in everything but the addresses' length.
/// </summary>
internal sealed class ServiceElements
{
    private const int PartLength = 4;

    private ServiceElements(bool isV6)
    {
        IsV6 = isV6;
        AddressLength = isV6 ? 16 : 4;
    }

    /// <summary>Those of IPv4.</summary>
    public static ServiceElements V4 { get; } = new(isV6: false);

    /// <summary>Those of IPv6.</summary>
    public static ServiceElements V6 { get; } = new(isV6: true);

    /// <summary>Both.</summary>
    public static IReadOnlyList<ServiceElements> Families { get; } = [V4, V6];

    /// <summary>Whether they are of IPv6.</summary>
    public bool IsV6 { get; }

    /// <summary>An address.</summary>
    public int AddressLength { get; }

    /// <summary>Address, protocol, port.</summary>
    public int FrontendLength => AddressLength + PortLength;

    /// <summary>Address, protocol, port, slot.</summary>
    public int SlotLength => FrontendLength + PartLength;

    /// <summary>Address, port.</summary>
    public int TargetLength => AddressLength + PartLength;

    /// <summary>The client's address, and the frontend.</summary>
    public int ClientLength => AddressLength + FrontendLength;

    /// <summary>The frontend, and an address that may come.</summary>
    public int SourceLength => FrontendLength + AddressLength;

    /// <summary>Protocol, port.</summary>
    public static int PortLength => 2 * PartLength;

    /// <summary>An address, twice.</summary>
    public int HairpinLength => 2 * AddressLength;

    /// <summary>NFPROTO_* of the family.</summary>
    public byte Protocol => IsV6 ? nf_tables.NFPROTO_IPV6 : nf_tables.NFPROTO_IPV4;

    /// <summary>The type of addresses, as <c>nft</c> numbers it.</summary>
    public uint AddressType => IsV6 ? NftSetType.AddressV6 : NftSetType.Address;

    /// <summary>The type of addresses, as <c>nft</c> names it.</summary>
    public string AddressTypeName => IsV6 ? "ipv6_addr" : "ipv4_addr";

    /// <summary>Where a packet's header has its source.</summary>
    public uint SourceOffset => IsV6 ? 8u : 12u;

    /// <summary>Where a packet's header has its destination.</summary>
    public uint DestinationOffset => IsV6 ? 24u : 16u;

    /// <summary>Those of an address's family.</summary>
    public static ServiceElements Of(PackedAddress address) => address.IsV6 ? V6 : V4;

    /// <summary>Those of a frontend's family.</summary>
    public static ServiceElements Of(Frontend frontend) => Of(frontend.Address);

    /// <summary>The family's set, map or chain of this name.</summary>
    public string Name(string name) => IsV6 ? $"{name}_v6" : name;

    public static void Put(List<byte> into, Frontend frontend)
    {
        Put(into, frontend.Address);
        PutPort(into, frontend);
    }

    /// <summary>From the first to the last address of a network: two keys.</summary>
    public static void PutClients(List<byte> into, Frontend frontend, IPNetwork range)
    {
        Put(into, frontend);
        Put(into, PackedAddress.Of(range.BaseAddress));
        Put(into, frontend);
        Put(into, SourceRanges.Last(range));
    }

    public static void Put(List<byte> into, PackedAddress address)
    {
        Span<byte> bytes = stackalloc byte[Of(address).AddressLength];
        address.Write(bytes);
        into.AddRange(bytes);
    }

    public static void PutSlot(List<byte> into, Frontend frontend, int slot)
    {
        Put(into, frontend);

        // A random number, which the kernel has in its own byte order.
        into.AddRange(BitConverter.GetBytes(slot));
    }

    public static void Put(List<byte> into, Target target)
    {
        Put(into, target.Address);
        PutPort(into, target.Port);
    }

    public static void PutPort(List<byte> into, Frontend frontend)
    {
        into.AddRange([frontend.Protocol, 0, 0, 0]);
        PutPort(into, frontend.Port);
    }

    public static void PutHairpin(List<byte> into, PackedAddress address)
    {
        Put(into, address);
        Put(into, address);
    }

    public Frontend ReadFrontend(ReadOnlySpan<byte> bytes) => ReadPort(bytes[AddressLength..]) with { Address = ReadAddress(bytes) };

    public int ReadSlot(ReadOnlySpan<byte> key) => BitConverter.ToInt32(key[FrontendLength..]);

    public Target ReadTarget(ReadOnlySpan<byte> bytes) => new(ReadAddress(bytes), BinaryPrimitives.ReadUInt16BigEndian(bytes[AddressLength..]));

    public Frontend ReadPort(ReadOnlySpan<byte> bytes) =>
        new(IsV6 ? PackedAddress.AnyV6 : PackedAddress.AnyV4, bytes[0], BinaryPrimitives.ReadUInt16BigEndian(bytes[PartLength..]));

    /// <summary>The network from the first to the last address of two keys; null when they are none.</summary>
    public IPNetwork? ReadClients(ReadOnlySpan<byte> first, ReadOnlySpan<byte> last) =>
        SourceRanges.Between(ReadAddress(first[FrontendLength..]), ReadAddress(last[FrontendLength..]));

    public PackedAddress ReadAddress(ReadOnlySpan<byte> bytes) => PackedAddress.Read(bytes[..AddressLength]);

    private static void PutPort(List<byte> into, ushort port) => into.AddRange([(byte)(port >> 8), (byte)port, 0, 0]);
}
