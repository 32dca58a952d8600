using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Volumes;

namespace Insula.Pods.Workers;

/// <summary>What the kernel holds a pod's directories to, where their file system can. Pure.</summary>
internal static class StorageLimits
{
    // A little above the limit: who is held back has passed it then, and is evicted as without quotas.
    private const long Beyond = 64 << 10;

    /// <summary>Of an emptyDir volume: its own, or what all containers may have together.</summary>
    public static long? OfVolume(Pod pod, Volume volume) => !PodVolumes.IsOnDisk(volume) ? null : Least(volume.EmptyDir?.SizeLimit?.Value, Together(pod));

    /// <summary>Of a container's writable layer and logs.</summary>
    public static long? OfContainer(Pod pod, Container container) => Least(Own(container), Together(pod));

    private static long? Own(Container container) => PodResources.Amount(container.Resources.Limits, PodResources.EphemeralStorage);

    private static long? Together(Pod pod) => pod.Spec.InitContainers.Concat(pod.Spec.Containers).Any(c => Own(c) is not null) ? PodResources.Limited(pod.Spec, PodResources.EphemeralStorage) : null;

    private static long? Least(long? own, long? all) => own is null && all is null ? null : Math.Min(own ?? long.MaxValue - Beyond, all ?? long.MaxValue - Beyond) + Beyond;
}
