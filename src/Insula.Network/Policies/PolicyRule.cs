using Insula.Api.Core;

namespace Insula.Network.Policies;

/// <summary>Connections that a policy allows: those with one of the peers at one of the ports.</summary>
/// <param name="Anyone">Whether every other end will do; then there are neither peers nor blocks.</param>
/// <param name="Peers">Pods.</param>
/// <param name="Blocks">Addresses.</param>
/// <param name="Ports">The ports; none means all, of every protocol.</param>
internal sealed record PolicyRule(bool Anyone, IReadOnlyList<PolicyPeer> Peers, IReadOnlyList<PolicyBlock> Blocks, IReadOnlyList<PolicyPort> Ports)
{
    /// <summary>Reads one.</summary>
    public static PolicyRule Of(NetworkPolicyRule rule, IReadOnlyList<NetworkPolicyPeer> peers, string policyNamespace) => new(
        peers.Count == 0,
        [.. peers.Where(p => p.IpBlock is null).Select(p => PolicyPeer.Of(p, policyNamespace))],
        [.. peers.Select(p => p.IpBlock).OfType<IPBlock>().Select(PolicyBlock.Of)],
        [.. rule.Ports.Select(PolicyPort.Of)]);
}
