using System.Globalization;
using System.Net;

namespace Insula.Network.Services;

/// <summary>Where connections are made to: an address, or every address of this machine of a family, and a port.</summary>
/// <param name="Address">The address; that of all, <c>0.0.0.0</c> or <c>::</c>, for the machine's.</param>
/// <param name="Protocol">IPPROTO_TCP, IPPROTO_UDP or IPPROTO_SCTP.</param>
/// <param name="Port">The port.</param>
public readonly record struct Frontend(PackedAddress Address, byte Protocol, ushort Port)
{
    /// <summary>IPPROTO_UDP.</summary>
    public const byte UDP = 17;

    /// <summary>A frontend at an address in its usual form.</summary>
    public Frontend(string address, string? protocol, int port)
        : this(PackedAddress.Parse(address), NumberOf(protocol), (ushort)port)
    {
    }

    /// <summary>The address; null for the machine's.</summary>
    public IPAddress? At => Address.IsAny ? null : Address.ToAddress();

    /// <summary>The same port at every address of the machine of the same family.</summary>
    public Frontend OfMachine => this with { Address = Address.IsV6 ? PackedAddress.AnyV6 : PackedAddress.AnyV4 };

    /// <summary>The number of a protocol of a manifest.</summary>
    public static byte NumberOf(string? protocol) => protocol switch
    {
        "UDP" => UDP,
        "SCTP" => 132,
        _ => 6,
    };

    /// <inheritdoc/>
    public override string ToString()
    {
        var address = At?.ToString() ?? "*";
        return string.Create(CultureInfo.InvariantCulture, $"{(Address.IsV6 ? $"[{address}]" : address)}:{Port}/{Protocol}");
    }
}
