using Insula.Linux;
using Insula.Sandbox.Lifecycle;

namespace Insula.Sandbox;

/// <content>What containers are given to mount.</content>
public sealed partial class PodSandbox
{
    private readonly Lock _hugePages = new();

    /// <summary>Opens a directory or file of a memory volume as a detached mount, resolved without leaving the volume.</summary>
    /// <param name="volume">The volume's name.</param>
    /// <param name="subPath">A relative path in it, whose missing directories are made; empty for the volume itself.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="LinuxException">The path leads out of the volume, or something on the way is no directory.</exception>
    public Task<Descriptor> OpenMemoryVolumeAsync(string volume, string subPath, CancellationToken ct)
    {
        var mounts = _mounts ?? throw new InvalidOperationException("the sandbox is not connected");
        return MemoryVolumePath.OpenAsync(mounts, volume, subPath, UserIds?.First ?? 0).WaitAsync(ct);
    }

    /// <summary>
    /// The same of a volume in huge pages, which is mounted when it is first asked for: by the daemon, since no plan of a shim has words for it, and over a memory volume,
    /// since what a sandbox is made with has its place from the start. Nobody is in there before.
    /// </summary>
    /// <param name="volume">The volume.</param>
    /// <param name="subPath">A relative path in it, whose missing directories are made; empty for the volume itself.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="LinuxException">The kernel has no such pages, or the path leads out of the volume.</exception>
    public Task<Descriptor> OpenHugePagesAsync(HugePageVolume volume, string subPath, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(volume);
        var mounts = _mounts ?? throw new InvalidOperationException("the sandbox is not connected");
        var owner = UserIds?.First ?? 0;
        return MemoryVolumePath.OpenAsync(mounts, volume.Name, subPath, owner, () =>
        {
            lock (_hugePages)
            {
                MemoryVolumePath.Cover(volume, owner);
            }
        }).WaitAsync(ct);
    }

    /// <summary>Image layers upon each other as a detached mount, read-only, with the ids of the pod's user namespace.</summary>
    /// <param name="layers">Absolute directories on the host below <see cref="SandboxSpec.LayersDirectory"/>, uppermost first; at least two.</param>
    /// <param name="layersDirectory">That directory.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="LinuxException">The kernel refuses it.</exception>
    public Task<Descriptor> OpenLayersAsync(IReadOnlyList<string> layers, string layersDirectory, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(layers);
        var mounts = _mounts ?? throw new InvalidOperationException("the sandbox is not connected");
        return MemoryVolumePath.OverlayAsync(mounts, [.. layers.Select(layer => $"{PodPaths.LayersDirectory}/{Path.GetRelativePath(layersDirectory, layer)}")]).WaitAsync(ct);
    }
}
