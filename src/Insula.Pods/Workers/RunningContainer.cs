using Insula.Api.Core;
using Insula.Pods.Lifecycle;
using Insula.Pods.Streaming;
using Insula.Sandbox;

namespace Insula.Pods.Workers;

/// <summary>A container that runs now, for a request about it.</summary>
internal sealed record RunningContainer(Pod Pod, Container Container, ContainerObservation Seen, PodSandbox Sandbox, IReadOnlyList<string> Addresses)
{
    /// <summary>Finds it.</summary>
    /// <param name="worker">The pod's worker.</param>
    /// <param name="wanted">Its name; null or empty for the first.</param>
    /// <exception cref="PodRequestException">There is none, or it does not run.</exception>
    public static RunningContainer Find(PodWorker worker, string? wanted)
    {
        var (pod, seen, sandbox) = worker.Current;
        var container = Named(pod, wanted);
        var observed = seen.Container(container.Name);
        return sandbox is not null && observed.Stage is ContainerStage.Running or ContainerStage.Stopping
            ? new(pod, container, observed, sandbox, seen.Sandbox.Addresses)
            : throw new PodRequestException("BadRequest", $"container {container.Name} of pod {pod.Metadata.Name} is not running");
    }

    /// <summary>A container of a pod, whether it runs or not.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="wanted">Its name; null or empty for the first.</param>
    /// <exception cref="PodRequestException">There is none.</exception>
    public static Container Named(Pod pod, string? wanted)
    {
        var all = pod.Spec.Containers.Concat(pod.Spec.InitContainers).Concat(pod.Spec.EphemeralContainers).ToList();
        var name = wanted is { Length: > 0 } ? wanted : all[0].Name;
        return all.FirstOrDefault(c => c.Name == name)
            ?? throw new PodRequestException("BadRequest", $"container {name} is not valid for pod {pod.Metadata.Name}: it has {string.Join(", ", all.Select(c => c.Name))}");
    }
}
