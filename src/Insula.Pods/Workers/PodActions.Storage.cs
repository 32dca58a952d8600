using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Pods.Lifecycle;
using Insula.Sandbox;
using Insula.Volumes;
using Insula.Volumes.Projects;

namespace Insula.Pods.Workers;

/// <content>What the pod keeps on the disk: brought up to date, measured, removed.</content>
internal sealed partial class PodActions
{
    /// <summary>Brings the volumes that are made from objects and from the pod's fields up to date; false when that is to be tried again.</summary>
    public async Task<bool> RefreshAsync(Pod pod, PodSandbox sandbox, CancellationToken cancellationToken)
    {
        var failures = await _configs.RefreshAsync(pod, sandbox, cancellationToken);
        foreach (var (message, _) in failures)
        {
            services.Events.Warning(pod, null, Reasons.FailedMount, message);
        }

        return !failures.Any(f => f.Passing);
    }

    /// <summary>Measures what the pod keeps on the disk; the limit that it has passed, or null.</summary>
    public async Task<StorageExcess?> MeasureAsync(Pod pod, CancellationToken cancellationToken)
    {
        var (volumes, containers) = await ReadStorageAsync(pod, cancellationToken);
        return StorageUse.Excess(pod, volumes, containers);
    }

    /// <summary>What the pod keeps on the disk: in its emptyDir volumes, and each container in its writable layer and logs.</summary>
    public async Task<(IReadOnlyList<VolumeUsage> Volumes, IReadOnlyDictionary<string, long> Containers)> ReadStorageAsync(Pod pod, CancellationToken cancellationToken) =>
        (await Volumes(pod).MeasureAsync(cancellationToken), await Task.Run(() => StorageUse.Measure(places, pod, CountsAreTrue(pod) ? services.Quotas : null, cancellationToken), cancellationToken));

    /// <summary>Removes what a pod keeps on the disk that nobody will write again: of one that has ended volumes and logs, of another the logs of containers' earlier starts.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="attempts">The containers by name, with the number of their latest start.</param>
    /// <param name="hasEnded">Whether it has ended, and nothing of it runs.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task CollectAsync(Pod pod, IReadOnlyDictionary<string, int> attempts, bool hasEnded, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(places.Directory))
        {
            return;
        }

        if (hasEnded)
        {
            await Volumes(pod).RemoveAsync(cancellationToken);
        }

        foreach (var (name, attempt) in attempts)
        {
            foreach (var old in LogRotation.Starts(places.Directory, name).Where(start => hasEnded || start < attempt))
            {
                LogRotation.Remove(places.Directory, PodPlaces.LogPath(name, old));
            }
        }
    }

    /// <summary>Removes the deleted pod's directory.</summary>
    public async Task<PodFact> CleanupAsync(Pod pod, CancellationToken cancellationToken)
    {
        try
        {
            if (Directory.Exists(places.Directory))
            {
                await Volumes(pod).RemoveAsync(cancellationToken);
                Failpoint.MayFail("pods.cleanup.volumes-removed");
            }

            PodRemoval.RemoveDirectory(services, places.Uid);
            Failpoint.MayFail("pods.cleanup.directory-removed");

            return new PodFact.CleanupDone();
        }
        catch (Exception e)
        {
            services.Events.Warning(pod, null, "FailedCleanup", "the pod's directory could not be removed yet: " + e.Message);
            return new PodFact.CleanupFailed(e.Message);
        }
    }

    private PodVolumes Volumes(Pod pod, IReadOnlyDictionary<string, LastingVolume>? lasting = null) => new(
        places.Directory,
        pod.Spec.Volumes,
        pod.Spec.SecurityContext is { FsGroup: { } group } context ? new VolumeGroup((uint)group, context.FsGroupChangePolicy == FsGroupChangePolicies.Always) : null,
        lasting,
        new DirectoryLimits(services.Quotas, volume => StorageLimits.OfVolume(pod, volume), CountsAreTrue(pod)));

    // Who is root outside of user namespaces may give his files to another project (ioctl_fs_fssetxattr); a kubelet asks for one, too.
    private static bool CountsAreTrue(Pod pod) => pod.Spec.HostUsers == false;
}
