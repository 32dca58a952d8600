using System.Net;
using System.Net.Sockets;
using Insula.Api.Core;
using Insula.Api.Policies;

namespace Insula.Network.Policies;

/// <summary>Addresses that a rule allows connections with.</summary>
/// <param name="Network">The range.</param>
/// <param name="Except">Ranges inside it that do not belong to it.</param>
internal sealed record PolicyBlock(IPNetwork Network, IReadOnlyList<IPNetwork> Except)
{
    /// <summary>Whether these are IPv6 addresses.</summary>
    public bool V6 => Network.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>Whether an address is one of them.</summary>
    public bool Contains(IPAddress address) => Network.Contains(address) && !Except.Any(e => e.Contains(address));

    /// <summary>Reads one.</summary>
    public static PolicyBlock Of(IPBlock block) => new(Read(block.Cidr), [.. block.Except.Select(Read)]);

    private static IPNetwork Read(string text) =>
        NetworkPolicyValidation.Network(text) ?? throw new ArgumentException($"{text} is no range of addresses", nameof(text));
}
