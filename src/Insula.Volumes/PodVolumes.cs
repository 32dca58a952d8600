using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;
using Insula.Linux.Mounts;
using Insula.Volumes.Projects;

namespace Insula.Volumes;

/// <summary>The volumes of one pod: made before its first container, found for every container, removed with the pod.</summary>
public sealed class PodVolumes
{
    // What the kubelet gives an emptyDir: every user of the pod may write.
    private const uint EmptyDirMode = 0x1FF; // 0777
    private const uint ConfigMode = 0x1ED; // 0755
    private const string DirectoryName = "volumes";
    private const string MemoryMedium = "Memory";

    private readonly string _podDirectory;
    private readonly VolumeGroup? _group;
    private readonly Dictionary<string, Volume> _volumes;
    private readonly IReadOnlyDictionary<string, LastingVolume> _lasting;
    private readonly DirectoryLimits? _limits;

    /// <summary>Volumes of a pod.</summary>
    /// <param name="podDirectory">Absolute path of the pod's directory; volumes lie in <c>volumes/&lt;name&gt;</c>.</param>
    /// <param name="volumes">The pod's <c>spec.volumes</c>; one without a source is an emptyDir.</param>
    /// <param name="group">The group they belong to; host paths, which are not the pod's, are left alone. Null for none.</param>
    /// <param name="lasting">By name, those that last longer than the pod; may be left out where volumes are only measured or removed.</param>
    /// <param name="limits">How the kernel limits them; null where it does not.</param>
    public PodVolumes(
        string podDirectory, IReadOnlyList<Volume> volumes, VolumeGroup? group = null, IReadOnlyDictionary<string, LastingVolume>? lasting = null, DirectoryLimits? limits = null)
    {
        _limits = limits;
        _podDirectory = podDirectory;
        _group = group;
        _lasting = lasting ?? new Dictionary<string, LastingVolume>();
        _volumes = volumes.ToDictionary(volume => volume.Name, StringComparer.Ordinal);
        MemoryVolumes =
        [
            .. volumes.Where(IsMemory).Select(volume =>
                IsHugePages(volume) ? new MemoryVolumeRequest(volume.Name, Environment.SystemPageSize, 0)
                : new MemoryVolumeRequest(volume.Name, volume.EmptyDir?.SizeLimit?.Value ?? 0, IsConfig(volume) ? ConfigMode : RootMode, group?.Id ?? 0)),
        ];
    }

    /// <summary>The memory volumes the sandbox has to be made with; one in huge pages is a place for these.</summary>
    public IReadOnlyList<MemoryVolumeRequest> MemoryVolumes { get; }

    /// <summary>Whether the daemon writes a volume's files: it is memory, and read-only for containers.</summary>
    /// <param name="name">The volume.</param>
    public bool IsConfig(string name) => _volumes.TryGetValue(name, out var volume) && IsConfig(volume);

    /// <summary>Whether the daemon writes a volume's files.</summary>
    /// <param name="volume">The volume.</param>
    public static bool IsConfig(Volume volume) =>
        volume.ConfigMap is not null || volume.Secret is not null || volume.Projected is not null || volume.DownwardAPI is not null;

    /// <summary>Whether a volume is an emptyDir on the daemon's disk.</summary>
    /// <param name="volume">The volume.</param>
    public static bool IsOnDisk(Volume volume)
    {
        ArgumentNullException.ThrowIfNull(volume);
        return volume.EmptyDir is not null && !IsMemory(volume);
    }

    /// <summary>Whether all mounts of a volume are read-only, whatever they say.</summary>
    /// <param name="name">The volume.</param>
    public bool IsReadOnly(string name) => IsConfig(name) || (_lasting.TryGetValue(name, out var volume) && volume.ReadOnly);

    /// <summary>Whether a volume lasts longer than the pod.</summary>
    /// <param name="volume">The volume.</param>
    public static bool IsLasting(Volume volume) => volume.PersistentVolumeClaim is not null || volume.Ephemeral is not null;

    private uint RootMode => _group is null ? EmptyDirMode : GroupTree.RootMode(EmptyDirMode);

    /// <summary>Makes the directories of emptyDir volumes, gives them to the group, and checks, or where the type says so makes, host paths. Idempotent.</summary>
    /// <param name="ct">Stops between two volumes.</param>
    /// <exception cref="VolumeException">A volume cannot be had; the pod waits with this message and tries again.</exception>
    public Task PrepareAsync(CancellationToken ct) => Task.Run(() => Prepare(ct), ct);

    /// <summary>Finds what a container's mount refers to.</summary>
    /// <param name="mount">The container's <c>volumeMounts</c> entry.</param>
    /// <param name="subPath">Its <c>subPath</c>, or <c>subPathExpr</c> with its variables replaced; empty for the whole volume.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="VolumeException">There is no such volume, or the subPath leads out of it.</exception>
    public Task<MountSource> OpenAsync(VolumeMount mount, string subPath, CancellationToken ct) =>
        Task.Run(() => Open(mount, subPath), ct);

    /// <summary>How much the emptyDir volumes on disk hold; measured now.</summary>
    /// <param name="ct">Stops measuring.</param>
    public Task<IReadOnlyList<VolumeUsage>> MeasureAsync(CancellationToken ct) =>
        Task.Run<IReadOnlyList<VolumeUsage>>(() => [.. Measure(ct)], ct);

    /// <summary>Removes the emptyDir directories. Never follows a link nor crosses a mount; host paths are left alone. Idempotent.</summary>
    /// <param name="ct">Stops waiting.</param>
    public Task RemoveAsync(CancellationToken ct) => Task.Run(Remove, ct);

    private static bool IsMemory(Volume volume) =>
        volume.HostPath is null && (volume.EmptyDir is { Medium: MemoryMedium } || IsHugePages(volume) || IsConfig(volume));

    private static bool IsHugePages(Volume volume) => HugePages.IsMedium(volume.EmptyDir?.Medium);

    private void Prepare(CancellationToken ct)
    {
        using var pod = Directories.Open(_podDirectory);
        using var directory = Directories.Ensure(pod, DirectoryName);
        foreach (var volume in _volumes.Values)
        {
            ct.ThrowIfCancellationRequested();
            try
            {
                if (volume.HostPath is { } host)
                {
                    using var path = HostPaths.OpenOrMake(volume.Name, host);
                }
                else if (IsLasting(volume))
                {
                    PrepareLasting(volume.Name, Lasting(volume.Name), ct);
                }
                else if (volume.Image is null && !IsMemory(volume))
                {
                    using var own = Make(directory, volume.Name);
                    if (_limits?.Of(volume) is { } most)
                    {
                        // Before a container sees it: what is in it already would not count.
                        _limits.Quotas.Limit(own, most);
                    }

                    GiveToGroup(own, ct);
                }
            }
            catch (LinuxException e)
            {
                throw new VolumeException($"volume '{volume.Name}' cannot be prepared: {e.Message}", e);
            }
        }
    }

    private LastingVolume Lasting(string name) => _lasting.TryGetValue(name, out var volume)
        ? volume
        : throw new VolumeException($"volume '{name}' is not bound");

    private void PrepareLasting(string name, LastingVolume volume, CancellationToken ct)
    {
        using var path = HostPaths.OpenOrMake(name, Source(volume));
        if (volume is { TakesGroup: true, ReadOnly: false } && _group is not null && Entries.Status(path).IsDirectory)
        {
            using var root = Directories.OpenBeneath(path, ".", fcntl.O_RDONLY | fcntl.O_DIRECTORY);
            GiveToGroup(root, ct);
        }
    }

    private static HostPathVolumeSource Source(LastingVolume volume) => new() { Path = volume.Path, Type = volume.Type };

    // What is there was made for an earlier sandbox and is the containers' by now, its mode too. A new one gets its name when it is
    // as it should be. The dot keeps it apart from the manifest's names.
    private Descriptor Make(Descriptor directory, string name)
    {
        const string Unfinished = ".new";
        if (Entries.Status(directory, name) is null)
        {
            RemoveTree.Remove(directory, Unfinished);
            using var made = Directories.Ensure(directory, Unfinished);
            if (_group is { } group)
            {
                Entries.ChangeGroup(made, group.Id);
            }

            // Not by mkdir, from whose mode the umask takes bits.
            Entries.ChangeMode(made, RootMode);
            Failpoint.MayFail("volumes.make.unnamed");
            Entries.Rename(directory, Unfinished, directory, name);
            Failpoint.MayFail("volumes.make.named");
        }

        return Directories.OpenChild(directory, name);
    }

    // Kubernetes sets an emptyDir up once, whatever the policy. Whoever writes Always means it: also when the sandbox is made anew.
    private void GiveToGroup(Descriptor root, CancellationToken ct)
    {
        if (_group is { } group && (group.Always || GroupTree.IsMismatch(root, group.Id)))
        {
            GroupTree.Change(root, group.Id, ct);
        }
    }

    private MountSource Open(VolumeMount mount, string subPath)
    {
        if (!_volumes.TryGetValue(mount.Name, out var volume))
        {
            throw new VolumeException($"there is no volume '{mount.Name}' in spec.volumes, which mountPath '{mount.MountPath}' names");
        }

        if (subPath.Length > 0 && !SubPath.IsPlain(subPath))
        {
            throw new VolumeException($"subPath '{subPath}' of volume '{mount.Name}' must be a relative path without '..'");
        }

        try
        {
            return OpenSource(volume, mount, subPath);
        }
        catch (LinuxException e) when (subPath.Length > 0 && e.Errno is Errno.EXDEV or Errno.ELOOP)
        {
            throw new VolumeException($"subPath '{subPath}' leads out of volume '{mount.Name}'", e);
        }
        catch (LinuxException e)
        {
            throw new VolumeException($"volume '{mount.Name}' cannot be mounted at '{mount.MountPath}': {e.Message}", e);
        }
    }

    private MountSource OpenSource(Volume volume, VolumeMount mount, string subPath)
    {
        if (IsHugePages(volume))
        {
            return new MountSource.InHugePages(volume.Name, volume.EmptyDir!.Medium!, volume.EmptyDir.SizeLimit?.Value, RootMode, _group?.Id ?? 0, subPath);
        }

        if (IsMemory(volume))
        {
            return new MountSource.Memory(volume.Name, subPath);
        }

        if ((IsLasting(volume) ? Source(Lasting(volume.Name)) : volume.HostPath) is { } host)
        {
            using var root = HostPaths.OpenOrMake(volume.Name, host);
            return Detach(root, subPath, keepPropagation: mount.MountPropagation is "HostToContainer" or "Bidirectional");
        }

        var relative = $"{DirectoryName}/{volume.Name}";
        if (subPath.Length == 0)
        {
            return new MountSource.InPodDirectory(relative);
        }

        using var pod = Directories.Open(_podDirectory);
        using var directory = Directories.OpenChild(pod, DirectoryName);
        using var own = Directories.OpenChild(directory, volume.Name);
        return Detach(own, subPath, keepPropagation: false);
    }

    private static MountSource.Detached Detach(Descriptor root, string subPath, bool keepPropagation)
    {
        using var path = subPath.Length == 0 ? root.Duplicate() : SubPath.OpenOrMake(root, subPath);
        var isDirectory = Entries.Status(path).IsDirectory;
        return new MountSource.Detached(
            DetachedMount.Clone(path, recursive: isDirectory, keepPropagation: keepPropagation),
            isDirectory);
    }

    private IEnumerable<VolumeUsage> Measure(CancellationToken ct)
    {
        using var pod = Directories.Open(_podDirectory);
        using var directory = Directories.Ensure(pod, DirectoryName);
        foreach (var volume in _volumes.Values)
        {
            if (!IsOnDisk(volume) || volume.EmptyDir is not { } empty)
            {
                continue;
            }

            using var own = Directories.Ensure(directory, volume.Name);
            var used = _limits is { IsTrusted: true } ? _limits.Quotas.Used(own) : null;
            yield return new VolumeUsage(volume.Name, used ?? DirectoryUsage.Measure(own, ct), empty.SizeLimit);
        }
    }

    private void Remove()
    {
        try
        {
            using var pod = Directories.Open(_podDirectory);
            if (_limits is null)
            {
                RemoveTree.Remove(pod, DirectoryName);
            }
            else
            {
                _limits.Quotas.Removing([Path.Combine(_podDirectory, DirectoryName)], () => RemoveTree.Remove(pod, DirectoryName));
            }
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            // The pod's directory is gone already, and the volumes with it.
            return;
        }
    }
}
