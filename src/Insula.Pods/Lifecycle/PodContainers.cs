using Insula.Api.Core;

namespace Insula.Pods.Lifecycle;

/// <summary>All containers of a pod, of every kind.</summary>
internal static class PodContainers
{
    /// <summary>Init containers, containers and ephemeral containers, in this order.</summary>
    public static IEnumerable<Container> All(this PodSpec spec) => spec.InitContainers.Concat(spec.Containers).Concat(spec.EphemeralContainers);
}
