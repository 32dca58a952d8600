using Insula.Api.Core;

namespace Insulad.Ingresses;

/// <summary>A pod in which HAProxy runs.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its uid.</param>
/// <param name="Container">The container, of this start.</param>
/// <param name="Ready">Whether it takes requests.</param>
/// <param name="Ending">Whether it is about to end.</param>
/// <param name="HostAddress">The machine's address; null when it has none.</param>
internal sealed record ProxyPod(string Name, string Uid, string Container, bool Ready, bool Ending, string? HostAddress)
{
    /// <summary>The pod as a proxy; null when its container does not run.</summary>
    public static ProxyPod? Of(Pod pod) => pod.Status.ContainerStatuses is [{ State.Running: not null } container]
        ? new ProxyPod(
            pod.Metadata.Name, pod.Metadata.Uid ?? "", container.ContainerID ?? "",
            pod.Status.Conditions.Any(c => c.Type == PodConditionTypes.Ready && c.Status == ConditionStatuses.True), pod.Metadata.DeletionTimestamp is not null, pod.Status.HostIP)
        : null;
}
