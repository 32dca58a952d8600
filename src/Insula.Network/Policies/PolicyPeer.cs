using Insula.Api.Core;
using Insula.Api.Selectors;

namespace Insula.Network.Policies;

/// <summary>Pods that a rule allows connections with.</summary>
/// <param name="Namespace">The namespace they are in; null when it is chosen by its labels.</param>
/// <param name="Namespaces">Labels of their namespaces.</param>
/// <param name="Pods">Their own labels.</param>
internal sealed record PolicyPeer(string? Namespace, LabelSelector Namespaces, LabelSelector Pods)
{
    /// <summary>Reads one that is not a block of addresses.</summary>
    public static PolicyPeer Of(NetworkPolicyPeer peer, string policyNamespace) => new(
        peer.NamespaceSelector is null ? policyNamespace : null,
        peer.NamespaceSelector?.ToSelector() ?? LabelSelector.Everything,
        peer.PodSelector?.ToSelector() ?? LabelSelector.Everything);

    /// <summary>Whether a pod is one of them.</summary>
    public bool Matches(PolicyPod pod, IReadOnlyDictionary<string, string> namespaceLabels) =>
        (Namespace is null || Namespace == pod.Facts.Namespace) && Namespaces.Matches(namespaceLabels) && Pods.Matches(pod.Facts.Labels);
}
