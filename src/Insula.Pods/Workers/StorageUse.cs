using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Linux;
using Insula.Linux.Files;
using Insula.Volumes;
using Insula.Volumes.Projects;

namespace Insula.Pods.Workers;

/// <summary>What a pod keeps on the daemon's disk, and whether that is more than it may: the kubelet's three limits, with its texts. Where the kernel knows no quotas nothing holds a pod back before it is measured.</summary>
internal static class StorageUse
{
    /// <summary>Whether there is anything to measure a pod for.</summary>
    public static bool IsLimited(Pod pod) =>
        pod.Spec.Volumes.Any(v => v.EmptyDir?.SizeLimit is not null && PodVolumes.IsOnDisk(v)) || Containers(pod).Any(c => Limit(c) is not null);

    /// <summary>Allocated bytes of each container that is or was there: its writable layer, and the logs of all its starts.</summary>
    /// <param name="places">The pod's directories.</param>
    /// <param name="pod">The pod.</param>
    /// <param name="quotas">What the kernel counts of it, if that is to be believed; null for a look at everything.</param>
    /// <param name="ct">Stops measuring.</param>
    public static IReadOnlyDictionary<string, long> Measure(PodPlaces places, Pod pod, DirectoryQuotas? quotas, CancellationToken ct)
    {
        using var directory = Directories.Open(places.Directory);
        var counted = quotas is null ? [] : Counted(directory, pod, quotas);
        var used = Containers(pod).Where(c => !counted.ContainsKey(c.Name)).ToDictionary(c => c.Name, _ => 0L);
        if (used.Count == 0)
        {
            return counted;
        }

        Add(directory, PodPlaces.Layers, entry => PodPlaces.ParseContainerId(entry)?.Name);
        Add(directory, PodPlaces.Logs, entry => entry);
        return used.Concat(counted).ToDictionary();

        void Add(Descriptor place, string part, Func<string, string?> owner)
        {
            using var all = Directories.Ensure(place, part);
            foreach (var (entry, _) in DirectoryReader.Read(all))
            {
                if (owner(entry) is { } name && used.ContainsKey(name))
                {
                    used[name] += MeasureChild(all, entry, ct);
                }
            }
        }
    }

    // A container's logs bear its project, as its layers do.
    private static Dictionary<string, long> Counted(Descriptor pod, Pod spec, DirectoryQuotas quotas)
    {
        var counted = new Dictionary<string, long>();
        using var logs = Directories.Ensure(pod, PodPlaces.Logs);
        foreach (var (name, _) in DirectoryReader.Read(logs).Where(entry => Containers(spec).Any(c => c.Name == entry.Name)))
        {
            using var own = Directories.OpenChild(logs, name);
            if (quotas.Used(own) is { } bytes)
            {
                counted[name] = bytes;
            }
        }

        return counted;
    }

    /// <summary>Which limit is passed; null when none is. Pure.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="volumes">Its emptyDir volumes on disk.</param>
    /// <param name="containers">Bytes by container.</param>
    public static StorageExcess? Excess(Pod pod, IReadOnlyList<VolumeUsage> volumes, IReadOnlyDictionary<string, long> containers)
    {
        if (volumes.FirstOrDefault(v => v.Limit is { } limit && v.UsedBytes > limit.Value) is { } volume)
        {
            return new("emptydirfs.limit", $"Usage of EmptyDir volume \"{volume.Name}\" exceeds the limit \"{volume.Limit}\". ");
        }

        // As with cpu and memory, those that have no limit do not raise that of the pod.
        var total = PodResources.Limited(pod.Spec, PodResources.EphemeralStorage);
        if (Containers(pod).Any(c => Limit(c) is not null) && volumes.Sum(v => v.UsedBytes) + containers.Values.Sum() > total)
        {
            return new("ephemeralpodfs.limit", $"Pod ephemeral local storage usage exceeds the total limit of containers {PodResources.Quantity(PodResources.EphemeralStorage, total)}. ");
        }

        return Containers(pod).FirstOrDefault(c => Limit(c) is { } limit && containers.GetValueOrDefault(c.Name) > limit) is { } container
            ? new("ephemeralcontainerfs.limit", $"Container {container.Name} exceeded its local ephemeral storage limit \"{container.Resources.Limits[PodResources.EphemeralStorage]}\". ") : null;
    }

    private static long MeasureChild(Descriptor parent, string name, CancellationToken ct)
    {
        try
        {
            using var child = Directories.OpenChild(parent, name);
            return DirectoryUsage.Measure(child, ct);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            // Gone in the meantime, as the layer of a container that is started again.
            return 0;
        }
    }

    private static IEnumerable<Container> Containers(Pod pod) => pod.Spec.InitContainers.Concat(pod.Spec.Containers);

    private static long? Limit(Container container) => PodResources.Amount(container.Resources.Limits, PodResources.EphemeralStorage);
}
