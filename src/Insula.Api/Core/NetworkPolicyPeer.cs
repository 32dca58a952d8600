using Insula.Api.Meta;

namespace Insula.Api.Core;

/// <summary>The other end of connections that a policy's rule allows (networking.k8s.io/v1 NetworkPolicyPeer).</summary>
public sealed record NetworkPolicyPeer
{
    /// <summary>Pods; of the policy's namespace when no namespaces are given.</summary>
    public LabelSelectorFields? PodSelector { get; init; }

    /// <summary>Namespaces, of which the pods are; all their pods when no pods are given.</summary>
    public LabelSelectorFields? NamespaceSelector { get; init; }

    /// <summary>Addresses. Not together with the others.</summary>
    public IPBlock? IpBlock { get; init; }
}
