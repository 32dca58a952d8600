using System.Net;
using System.Net.Sockets;

namespace Insula.Api.Core;

/// <summary>Families of addresses (core/v1 IPFamily; of EndpointSlices the addressType).</summary>
public static class IPFamilies
{
    /// <summary>IPv4.</summary>
    public const string IPv4 = "IPv4";

    /// <summary>IPv6.</summary>
    public const string IPv6 = "IPv6";

    /// <summary>The family of an address in its usual form (RFC 5952); null when this is none. IPv4-mapped IPv6 addresses are none: they would be two things at once.</summary>
    public static string? Of(string text) =>
        !IPAddress.TryParse(text, out var address) || address.ToString() != text ? null
            : address.AddressFamily == AddressFamily.InterNetwork ? IPv4
            : address.IsIPv4MappedToIPv6 || address.ScopeId != 0 ? null
            : IPv6;
}
