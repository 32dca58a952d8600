namespace Insula.Api.Core;

/// <summary>
/// Connections that are allowed: those with one of the peers at one of the ports (networking.k8s.io/v1 NetworkPolicyIngressRule, which has
/// <see cref="From"/>, and NetworkPolicyEgressRule, which has <see cref="To"/>).
/// </summary>
public sealed record NetworkPolicyRule
{
    /// <summary>The ports; none means all, of every protocol.</summary>
    public IReadOnlyList<NetworkPolicyPort> Ports { get; init => field = value ?? []; } = [];

    /// <summary>Of an ingress rule: where connections may come from; none means anywhere.</summary>
    public IReadOnlyList<NetworkPolicyPeer> From { get; init => field = value ?? []; } = [];

    /// <summary>Of an egress rule: where they may go to; none means anywhere.</summary>
    public IReadOnlyList<NetworkPolicyPeer> To { get; init => field = value ?? []; } = [];
}
