using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Insula.Network.Services;

/// <summary>
/// An IP address as a value, of sixteen bytes, where there are many of them: an IPv4 one is kept as its IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2).
/// An address that somebody writes in that form is IPv4 here.
/// </summary>
/// <param name="High">The first eight bytes, as a number in network byte order.</param>
/// <param name="Low">The other eight.</param>
public readonly record struct PackedAddress(ulong High, ulong Low) : IComparable<PackedAddress>
{
    private const ulong Mapped = 0xffff_0000_0000;
    private const int IPv4Length = 4;

    /// <summary>0.0.0.0.</summary>
    public static readonly PackedAddress AnyV4 = new(0, Mapped);

    /// <summary>::.</summary>
    public static readonly PackedAddress AnyV6;

    /// <summary>Whether it is an IPv6 address.</summary>
    public bool IsV6 => High != 0 || Low >> 32 != Mapped >> 32;

    /// <summary>Whether it stands for every address of its family.</summary>
    public bool IsAny => this == AnyV4 || this == AnyV6;

    /// <summary>The value of an address.</summary>
    public static PackedAddress Of(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        _ = address.TryWriteBytes(bytes, out var length);
        return Read(bytes[..length]);
    }

    /// <summary>The value of an address in its usual form.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static PackedAddress Parse(string address) => Of(IPAddress.Parse(address));

    /// <summary>Reads four or sixteen bytes in network byte order.</summary>
    public static PackedAddress Read(ReadOnlySpan<byte> bytes) => bytes.Length == IPv4Length
        ? new(0, Mapped | BinaryPrimitives.ReadUInt32BigEndian(bytes))
        : new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    /// <summary>Writes the address's four or sixteen bytes in network byte order.</summary>
    public void Write(Span<byte> bytes)
    {
        if (!IsV6)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)Low);
            return;
        }

        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
    }

    /// <summary>The address.</summary>
    public IPAddress ToAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        Write(bytes);
        return new IPAddress(IsV6 ? bytes : bytes[..IPv4Length]);
    }

    /// <inheritdoc/>
    public int CompareTo(PackedAddress other) => (High, Low).CompareTo((other.High, other.Low));

    /// <summary>The address in its usual form.</summary>
    public override string ToString() => ToAddress().ToString();

    /// <summary>Whether an address comes before another.</summary>
    public static bool operator <(PackedAddress left, PackedAddress right) => left.CompareTo(right) < 0;

    /// <summary>Whether an address comes after another.</summary>
    public static bool operator >(PackedAddress left, PackedAddress right) => left.CompareTo(right) > 0;

    /// <summary>Whether an address is another or comes before it.</summary>
    public static bool operator <=(PackedAddress left, PackedAddress right) => left.CompareTo(right) <= 0;

    /// <summary>Whether an address is another or comes after it.</summary>
    public static bool operator >=(PackedAddress left, PackedAddress right) => left.CompareTo(right) >= 0;
}
