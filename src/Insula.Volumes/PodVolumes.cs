using Insula.Api.Core;

namespace Insula.Volumes;

/// <summary>The volumes of one pod: made before its first container, found for every container, removed with the pod.</summary>
public sealed class PodVolumes
{
    /// <summary>Volumes of a pod.</summary>
    /// <param name="podDirectory">Absolute path of the pod's directory; volumes lie in <c>volumes/&lt;name&gt;</c>.</param>
    /// <param name="volumes">The pod's <c>spec.volumes</c>.</param>
    public PodVolumes(string podDirectory, IReadOnlyList<Volume> volumes)
    {
        _ = podDirectory;
        _ = volumes;
    }

    /// <summary>The memory volumes the sandbox has to be made with.</summary>
    public IReadOnlyList<MemoryVolumeRequest> MemoryVolumes => throw new NotSupportedException();

    /// <summary>Makes the directories of emptyDir volumes and checks, or where the type says so makes, host paths. Idempotent.</summary>
    /// <param name="ct">Stops between two volumes.</param>
    /// <exception cref="VolumeException">A volume cannot be had; the pod waits with this message and tries again.</exception>
    public Task PrepareAsync(CancellationToken ct) => throw new NotSupportedException();

    /// <summary>Finds what a container's mount refers to.</summary>
    /// <param name="mount">The container's <c>volumeMounts</c> entry.</param>
    /// <param name="subPath">Its <c>subPath</c>, or <c>subPathExpr</c> with its variables replaced; empty for the whole volume.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="VolumeException">There is no such volume, or the subPath leads out of it.</exception>
    public Task<MountSource> OpenAsync(VolumeMount mount, string subPath, CancellationToken ct) => throw new NotSupportedException();

    /// <summary>The names of emptyDir volumes on disk that hold more than their sizeLimit, with how much; measured now.</summary>
    /// <param name="ct">Stops measuring.</param>
    public Task<IReadOnlyList<VolumeUsage>> FindOversizedAsync(CancellationToken ct) => throw new NotSupportedException();

    /// <summary>Removes the emptyDir directories. Never follows a link nor crosses a mount; host paths are left alone. Idempotent.</summary>
    /// <param name="ct">Stops waiting.</param>
    public Task RemoveAsync(CancellationToken ct) => throw new NotSupportedException();
}
