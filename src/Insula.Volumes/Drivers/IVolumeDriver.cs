namespace Insula.Volumes.Drivers;

/// <summary>
/// Who makes volumes that last, has pods use them, and removes them. All of it may be asked for again after a daemon has died in between, and then
/// finds done what was done. The steps are those of the Container Storage Interface, whose drivers are to come behind this.
/// </summary>
public interface IVolumeDriver
{
    /// <summary>Its name in classes and volumes: <c>insula.dev/local</c>.</summary>
    string Name { get; }

    /// <summary>Makes a volume; it is on disk when this returns. (CSI: CreateVolume.)</summary>
    /// <param name="handle">What it is to be called: a DNS name.</param>
    /// <param name="capacity">How large it is to be, bytes.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="VolumeException">It cannot be made.</exception>
    Task ProvisionAsync(string handle, long capacity, CancellationToken ct);

    /// <summary>Makes a volume larger, also while pods use it. (CSI: ControllerExpandVolume, NodeExpandVolume.)</summary>
    /// <param name="handle">The volume.</param>
    /// <param name="capacity">How large it is to be, bytes.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="VolumeException">It cannot be made larger.</exception>
    Task ExpandAsync(string handle, long capacity, CancellationToken ct);

    /// <summary>Has a volume there for a pod, before its first container. (CSI: NodeStageVolume, NodePublishVolume.)</summary>
    /// <param name="handle">The volume.</param>
    /// <param name="pod">The pod's uid.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>The directory that containers get to see.</returns>
    /// <exception cref="VolumeException">It cannot be had.</exception>
    Task<string> PublishAsync(string handle, string pod, CancellationToken ct);

    /// <summary>The pod's processes are gone: it has the volume no longer. (CSI: NodeUnpublishVolume, NodeUnstageVolume.)</summary>
    /// <param name="handle">The volume.</param>
    /// <param name="pod">The pod's uid.</param>
    /// <param name="ct">Gives up.</param>
    Task UnpublishAsync(string handle, string pod, CancellationToken ct);

    /// <summary>Removes a volume with its data; one that is not there is fine. May take as long as there is data. (CSI: DeleteVolume.)</summary>
    /// <param name="handle">The volume.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="VolumeException">It cannot be removed yet.</exception>
    Task DeleteAsync(string handle, CancellationToken ct);
}
