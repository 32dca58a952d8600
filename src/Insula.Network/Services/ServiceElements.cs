using System.Buffers.Binary;
using System.Net;
using System.Numerics;

namespace Insula.Network.Services;

/// <summary>Frontends and targets as bytes of nftables' elements. Each part begins at a multiple of four.</summary>
internal static class ServiceElements
{
    /// <summary>Address, protocol, port.</summary>
    public const int FrontendLength = 12;

    /// <summary>Address, protocol, port, slot.</summary>
    public const int SlotLength = 16;

    /// <summary>Address, port.</summary>
    public const int TargetLength = 8;

    /// <summary>The client's address, and the frontend.</summary>
    public const int ClientLength = 16;

    /// <summary>The frontend, and an address that may come.</summary>
    public const int SourceLength = 16;

    /// <summary>An address.</summary>
    public const int AddressLength = 4;

    /// <summary>Protocol, port.</summary>
    public const int PortLength = 8;

    /// <summary>An address, twice.</summary>
    public const int HairpinLength = 8;

    public static void Put(List<byte> into, Frontend frontend)
    {
        Span<byte> bytes = stackalloc byte[FrontendLength];
        bytes.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(bytes, frontend.Address);
        bytes[4] = frontend.Protocol;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[8..], frontend.Port);
        into.AddRange(bytes);
    }

    /// <summary>From the first to the last address of a network: two keys.</summary>
    public static void PutClients(List<byte> into, Frontend frontend, IPNetwork range)
    {
        Put(into, frontend);
        PutAddress(into, Frontend.NumberOf(range.BaseAddress));
        Put(into, frontend);
        PutAddress(into, SourceRanges.Last(range));
    }

    public static void PutAddress(List<byte> into, uint address)
    {
        Span<byte> bytes = stackalloc byte[AddressLength];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, address);
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
        Span<byte> bytes = stackalloc byte[TargetLength];
        bytes.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(bytes, target.Address);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[4..], target.Port);
        into.AddRange(bytes);
    }

    public static void PutPort(List<byte> into, Frontend frontend)
    {
        Span<byte> bytes = stackalloc byte[PortLength];
        bytes.Clear();
        bytes[0] = frontend.Protocol;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[4..], frontend.Port);
        into.AddRange(bytes);
    }

    public static void PutHairpin(List<byte> into, uint address)
    {
        Span<byte> bytes = stackalloc byte[HairpinLength];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, address);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[4..], address);
        into.AddRange(bytes);
    }

    public static Frontend ReadFrontend(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt32BigEndian(bytes), bytes[4], BinaryPrimitives.ReadUInt16BigEndian(bytes[8..]));

    public static int ReadSlot(ReadOnlySpan<byte> key) => BitConverter.ToInt32(key[FrontendLength..]);

    public static Target ReadTarget(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt32BigEndian(bytes), BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]));

    public static Frontend ReadPort(ReadOnlySpan<byte> bytes) => new(0, bytes[0], BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]));

    /// <summary>The network from the first to the last address of two keys; null when they are none.</summary>
    public static IPNetwork? ReadClients(ReadOnlySpan<byte> first, ReadOnlySpan<byte> last)
    {
        var (low, high) = (ReadAddress(first[FrontendLength..]), ReadAddress(last[FrontendLength..]));
        var network = new IPNetwork(Frontend.AddressOf(low), BitOperations.LeadingZeroCount(low ^ high));
        return SourceRanges.Last(network) == high ? network : null;
    }

    public static uint ReadAddress(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32BigEndian(bytes);

    public static uint ReadHairpin(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32BigEndian(bytes);
}
