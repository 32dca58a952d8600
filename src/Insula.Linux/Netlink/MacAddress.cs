using System.Security.Cryptography;

namespace Insula.Linux.Netlink;

/// <summary>An Ethernet address.</summary>
public readonly record struct MacAddress
{
    private readonly ulong _value;

    private MacAddress(ulong value) => _value = value;

    /// <summary>Whether it is 00:00:00:00:00:00.</summary>
    public bool IsZero => _value == 0;

    /// <summary>A random address, locally administered and unicast (IEEE 802, bits 1 and 0 of the first byte).</summary>
    public static MacAddress Random()
    {
        Span<byte> bytes = stackalloc byte[6];
        RandomNumberGenerator.Fill(bytes);
        bytes[0] = (byte)((bytes[0] & 0xfc) | 0x02);
        return From(bytes);
    }

    /// <summary>Reads six bytes; anything else (a link that is no Ethernet) reads as zero.</summary>
    public static MacAddress From(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        if (bytes.Length == 6)
        {
            foreach (byte b in bytes)
            {
                value = (value << 8) | b;
            }
        }

        return new MacAddress(value);
    }

    /// <summary>The address that differs in the last bit only: that of a pair's other end, so that each end tells the other's.</summary>
    public MacAddress Sibling() => new(_value ^ 1);

    /// <summary>The six bytes.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[6];
        for (int i = 0; i < 6; i++)
        {
            bytes[i] = (byte)(_value >> (8 * (5 - i)));
        }

        return bytes;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(':', ToBytes().Select(b => b.ToString("x2", null)));
}
