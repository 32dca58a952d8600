using Insula.Api.Meta;

namespace Insula.Api.Core;

/// <summary>The pods that a policy is about, and the connections it allows them (networking.k8s.io/v1 NetworkPolicySpec).</summary>
public sealed record NetworkPolicySpec
{
    /// <summary>The pods of the policy's namespace that it is about; none given means all.</summary>
    public LabelSelectorFields PodSelector { get; init => field = value ?? new(); } = new();

    /// <summary>Connections allowed to these pods.</summary>
    public IReadOnlyList<NetworkPolicyRule> Ingress { get; init => field = value ?? []; } = [];

    /// <summary>Connections allowed from these pods.</summary>
    public IReadOnlyList<NetworkPolicyRule> Egress { get; init => field = value ?? []; } = [];

    /// <summary>Ingress, Egress or both: the directions in which what is not allowed is forbidden.</summary>
    public IReadOnlyList<string> PolicyTypes { get; init => field = value ?? []; } = [];
}
