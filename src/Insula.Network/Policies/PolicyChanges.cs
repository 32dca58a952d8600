using System.Net;
using Insula.Api.Core;
using Insula.Network.Services;

namespace Insula.Network.Policies;

/// <summary>Changes of what policies depend on. Null means that it is gone.</summary>
public sealed class PolicyChanges
{
    /// <summary>Policies, by namespace and name.</summary>
    public Dictionary<string, NetworkPolicy?> Policies { get; } = [];

    /// <summary>The labels of namespaces, by name.</summary>
    public Dictionary<string, IReadOnlyDictionary<string, string>?> Namespaces { get; } = [];

    /// <summary>Pods, by uid. That one is gone is told by its worker, when it is disconnected.</summary>
    public Dictionary<string, PodFacts> Pods { get; } = [];

    /// <summary>The address at which pods ask for names, where there is one. To policies it is a pod of kube-system with the label k8s-app: kube-dns. Part of a whole change.</summary>
    public IPAddress? NameServer { get; init; }

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => Policies.Count == 0 && Namespaces.Count == 0 && Pods.Count == 0;
}
