using System.Buffers.Binary;
using System.Globalization;
using System.Net;

namespace Insula.Network.Services;

/// <summary>Where connections are made to: an address, or every address of this machine, and a port.</summary>
/// <param name="Address">The IPv4 address as a number; 0 for the machine's.</param>
/// <param name="Protocol">IPPROTO_TCP, IPPROTO_UDP or IPPROTO_SCTP.</param>
/// <param name="Port">The port.</param>
public readonly record struct Frontend(uint Address, byte Protocol, ushort Port)
{
    /// <summary>IPPROTO_UDP.</summary>
    public const byte UDP = 17;

    /// <summary>A frontend at an address in its usual form.</summary>
    public Frontend(string address, string? protocol, int port)
        : this(NumberOf(IPAddress.Parse(address)), NumberOf(protocol), (ushort)port)
    {
    }

    /// <summary>The address; null for the machine's.</summary>
    public IPAddress? At => Address == 0 ? null : AddressOf(Address);

    /// <summary>The number of a protocol of a manifest.</summary>
    public static byte NumberOf(string? protocol) => protocol switch
    {
        "UDP" => UDP,
        "SCTP" => 132,
        _ => 6,
    };

    /// <summary>An IPv4 address as a number.</summary>
    public static uint NumberOf(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());
    }

    /// <summary>The address of a number.</summary>
    public static IPAddress AddressOf(uint number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return new IPAddress(bytes);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At?.ToString() ?? "*"}:{Port}/{Protocol}");
}
