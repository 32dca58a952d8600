using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Images;
using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;
using Insula.Linux.Mounts;
using Insula.Pods.Images;
using Insula.Pods.Lifecycle;
using Insula.Pods.Workers;
using Insula.Sandbox;
using Insula.Sandbox.Containers;
using Insula.Volumes;

namespace Insula.Pods.Launch;

/// <summary>A container's mounts: what every container has, over it the pod's files, over these the manifest's volumes.</summary>
internal sealed class ContainerMounts : IDisposable
{
    /// <summary>The pod's shared <c>/dev/shm</c>, a memory volume. The dot keeps it apart from the manifest's volume names.</summary>
    public const string SharedMemoryVolume = "dev.shm";

    /// <summary>Its size, as container engines have it.</summary>
    public const long SharedMemorySize = 64 * 1024 * 1024;

    /// <summary>Where the file of the termination message is if nobody says.</summary>
    private const string StandardWords = "/dev/termination-log";

    private readonly List<Descriptor> _owned = [];
    private readonly List<ContainerMount> _mounts = [];

    // What is on a disk bears the ids of the inside, as the manifest has them.
    private readonly MountOptions _onDisk;

    private ContainerMounts(PodSpec pod) => _onDisk = pod.HostUsers == false ? MountOptions.IdMapped : MountOptions.None;

    public IReadOnlyList<ContainerMount> All => _mounts;

    public static async Task<ContainerMounts> MakeAsync(
        Pod pod, Container container, int attempt, Image image, PodMounts volumes, PodSandbox sandbox, PodPlaces places,
        IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken)
    {
        var result = new ContainerMounts(pod.Spec);
        try
        {
            var taken = container.VolumeMounts.Select(m => Normal(m.MountPath)).ToHashSet();
            result.AddStandard(pod, container, taken);
            result.AddFiles(taken);
            var words = Normal(container.TerminationMessagePath is { Length: > 0 } given ? given : StandardWords);
            if (words == StandardWords)
            {
                result.AddWords(container, attempt, places, words, taken);
            }

            result.AddImageVolumes(container, image, places, taken);

            // Outer before inner, so that a volume on /data does not hide one on /data/cache.
            foreach (var mount in container.VolumeMounts.OrderBy(m => Normal(m.MountPath).Count(c => c == '/')))
            {
                await result.AddVolumeAsync(pod.Spec, container, mount, volumes, sandbox, variables, cancellationToken);
            }

            // In a volume, if that is where it is; the standard place is none of the machine's /dev, should that be a volume.
            if (words != StandardWords)
            {
                result.AddWords(container, attempt, places, words, taken);
            }

            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var descriptor in _owned)
        {
            descriptor.Dispose();
        }

        _owned.Clear();
    }

    private void AddStandard(Pod pod, Container container, HashSet<string> taken)
    {
        var privileged = container.SecurityContext?.Privileged == true;
        Add(taken, new ContainerMount.Proc("/proc"));
        Add(taken, new ContainerMount.Dev("/dev"));
        Add(taken, new ContainerMount.DevPts("/dev/pts"));
        Add(taken, new ContainerMount.MessageQueues("/dev/mqueue"));
        Add(taken, new ContainerMount.Sysfs("/sys", readOnly: !privileged));
        Add(taken, new ContainerMount.Cgroupfs("/sys/fs/cgroup", readOnly: !privileged));
        if (taken.Contains("/dev/shm"))
        {
            return;
        }

        const MountOptions Flags = MountOptions.NoSuid | MountOptions.NoDev | MountOptions.NoExec | MountOptions.CreateDirectory;
        if (pod.Spec.HostIPC)
        {
            using var host = Directories.Open("/dev/shm");
            _mounts.Add(new ContainerMount.Detached(Own(DetachedMount.Clone(host)), "/dev/shm", Flags));
        }
        else
        {
            _mounts.Add(new ContainerMount.Bind(PodPaths.MemoryVolume(SharedMemoryVolume), "/dev/shm", Flags));
        }
    }

    // Read-only: a container that could grow these files would write to the machine's disk past every limit.
    private void AddFiles(HashSet<string> taken)
    {
        foreach (var name in (string[])["hosts", "hostname", "resolv.conf"])
        {
            Add(taken, new ContainerMount.Bind(
                PodPaths.InPodDirectory("etc/" + name), "/etc/" + name, _onDisk | MountOptions.ReadOnly | MountOptions.NoSuid | MountOptions.NoDev | MountOptions.CreateFile));
        }
    }

    private void AddWords(Container container, int attempt, PodPlaces places, string target, HashSet<string> taken) => Add(taken, new ContainerMount.Bind(
        PodPaths.InPodDirectory(TerminationMessage.Create(places, container.Name, attempt)), target,
        _onDisk | MountOptions.NoSuid | MountOptions.NoDev | MountOptions.NoExec | MountOptions.CreateFile));

    // Paths the image wants to write are in the writable layer; a read-only root filesystem needs a place for them, and so do
    // those that the image declares and does not contain.
    private void AddImageVolumes(Container container, Image image, PodPlaces places, HashSet<string> taken)
    {
        var writable = container.SecurityContext?.ReadOnlyRootFilesystem != true;
        for (var number = 0; number < image.Config.Volumes.Count; number++)
        {
            var target = image.Config.Volumes[number];
            if (!target.StartsWith('/') || target.Split('/').Contains(".."))
            {
                throw new LaunchRefusedException(
                    Reasons.CreateContainerConfigError, $"container {container.Name}: the image declares the volume \"{target}\", which is no absolute path");
            }

            if (writable && image.LayerDirectories.Any(layer => Contains(layer, target)))
            {
                continue;
            }

            var relative = $"volumes/.image.{container.Name}.{number}";
            var directory = Path.Combine(places.Directory, relative);
            Directory.CreateDirectory(directory);
            File.SetUnixFileMode(directory, (UnixFileMode)0b111_111_111);
            Add(taken, new ContainerMount.Bind(PodPaths.InPodDirectory(relative), Normal(target), _onDisk | MountOptions.NoSuid | MountOptions.NoDev | MountOptions.CreateDirectory));
        }
    }

    private static bool Contains(string layer, string target)
    {
        using var root = Directories.Open(layer);
        try
        {
            using var found = Directories.OpenInRoot(root, target, fcntl.O_PATH);
            return true;
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP)
        {
            return false;
        }
    }

    private async Task AddVolumeAsync(
        PodSpec pod, Container container, VolumeMount mount, PodMounts volumes, PodSandbox sandbox,
        IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken)
    {
        var subPath = mount.SubPathExpr is { Length: > 0 } expression ? VariableExpansion.ExpandKnown(expression, variables) : mount.SubPath ?? "";
        var options = (mount.ReadOnly || volumes.IsReadOnly(mount.Name) ? MountOptions.ReadOnly : MountOptions.None)
            | (mount.ReadOnly && mount.RecursiveReadOnly is "Enabled" or "IfPossible" ? MountOptions.RecursiveReadOnly : MountOptions.None);
        var propagation = mount.MountPropagation switch
        {
            "HostToContainer" => MountPropagation.HostToContainer,
            "Bidirectional" => MountPropagation.Bidirectional,
            _ => MountPropagation.Private,
        };
        var target = Normal(mount.MountPath);
        MountSource source;

        // An overlay takes its ids from what it lies on, and cannot be mapped itself.
        var isMapped = _onDisk == MountOptions.IdMapped && volumes.Images.TryGetValue(mount.Name, out var several) && several.LayerDirectories.Count > 1;
        Descriptor merged() => sandbox.OpenLayersAsync(volumes.Images[mount.Name].LayerDirectories, volumes.LayersDirectory, cancellationToken).GetAwaiter().GetResult();
        try
        {
            source = volumes.Images.TryGetValue(mount.Name, out var image)
                ? await Task.Run(() => ImageVolumes.Open(mount.Name, image, volumes.LayersDirectory, subPath, isMapped ? merged : null), cancellationToken)
                : await volumes.Volumes.OpenAsync(mount, subPath, cancellationToken);
        }
        catch (VolumeException e)
        {
            throw new LaunchRefusedException(Reasons.CreateContainerConfigError, $"container {container.Name}: {e.Message}", e);
        }

        switch (source)
        {
            case MountSource.InPodDirectory inside:
                _mounts.Add(new ContainerMount.Bind(PodPaths.InPodDirectory(inside.RelativePath), target, options | _onDisk | MountOptions.CreateDirectory, propagation));
                break;
            case MountSource.Memory { SubPath.Length: 0 } memory:
                _mounts.Add(new ContainerMount.Bind(PodPaths.MemoryVolume(memory.Name), target, options | MountOptions.CreateDirectory, propagation));
                break;
            case MountSource.Memory memory:
                var opened = Own(await sandbox.OpenMemoryVolumeAsync(memory.Name, memory.SubPath, cancellationToken));
                var place = Entries.Status(opened).IsDirectory ? MountOptions.CreateDirectory : MountOptions.CreateFile;
                _mounts.Add(new ContainerMount.Detached(opened, target, options | place, propagation));
                break;
            case MountSource.InHugePages huge:
                var pages = Own(await OpenAsync(pod, huge, sandbox, cancellationToken));
                var point = Entries.Status(pages).IsDirectory ? MountOptions.CreateDirectory : MountOptions.CreateFile;
                _mounts.Add(new ContainerMount.Detached(pages, target, options | point, propagation));
                break;
            case MountSource.Detached detached:
                var kind = detached.IsDirectory ? MountOptions.CreateDirectory : MountOptions.CreateFile;
                _mounts.Add(new ContainerMount.Detached(Own(detached.Mount), target, options | (isMapped ? MountOptions.None : _onDisk) | kind, propagation));
                break;
            default:
                throw new InvalidOperationException($"unknown source {source.GetType().Name} of volume {mount.Name}");
        }
    }

    // No more than the pod may use: what is told of its size is true.
    private static async Task<Descriptor> OpenAsync(PodSpec pod, MountSource.InHugePages volume, PodSandbox sandbox, CancellationToken cancellationToken)
    {
        if (HugePages.ResourceOf(volume.Medium, pod) is not { } resource || HugePages.SizeOf(resource) is not { } page)
        {
            throw new LaunchRefusedException(Reasons.CreateContainerConfigError, $"volume '{volume.Name}': no container requests what its medium {volume.Medium} is of");
        }

        var size = Math.Min(volume.SizeBytes ?? long.MaxValue, PodResources.Limited(pod, resource));
        try
        {
            return await sandbox.OpenHugePagesAsync(new HugePageVolume(volume.Name, page, (size + page - 1) / page * page, volume.Mode, volume.Group), volume.SubPath, cancellationToken);
        }
        catch (LinuxException e)
        {
            throw new LaunchRefusedException(Reasons.CreateContainerConfigError, $"volume '{volume.Name}' in {resource} cannot be mounted: {e.Message}", e);
        }
    }

    private Descriptor Own(Descriptor descriptor)
    {
        _owned.Add(descriptor);
        return descriptor;
    }

    private void Add(HashSet<string> taken, ContainerMount mount)
    {
        if (!taken.Contains(mount.Target))
        {
            _mounts.Add(mount);
        }
    }

    private static string Normal(string path) => path.Length > 1 ? path.TrimEnd('/') : path;
}
