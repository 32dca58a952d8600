using Insula.Api.Core;

namespace Insula.Network.Balancers;

/// <summary>What a provider answers.</summary>
public abstract record BalancerAnswer
{
    private BalancerAnswer()
    {
    }

    /// <summary>The way in is there.</summary>
    /// <param name="Ingress">Its addresses and names.</param>
    public sealed record Given(IReadOnlyList<LoadBalancerIngress> Ingress) : BalancerAnswer;

    /// <summary>It cannot be had as it is asked for, until something changes.</summary>
    /// <param name="Why">For people: what is in the way, and what to do.</param>
    public sealed record Refused(string Why) : BalancerAnswer;

    /// <summary>Addresses at which packets come as they were sent, with the Service's ports.</summary>
    internal static Given At(IEnumerable<System.Net.IPAddress> addresses, BalancerRequest request) => new(
    [
        .. addresses.Select(address => new LoadBalancerIngress
        {
            Ip = address.ToString(),
            IpMode = IpModes.Vip,
            Ports = [.. request.Ports.Select(p => new PortStatus { Port = p.Port, Protocol = p.Protocol })],
        }),
    ]);
}
