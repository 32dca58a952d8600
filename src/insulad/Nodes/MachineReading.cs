using System.Globalization;
using Insula.Linux.Cgroups;
using Insula.Linux.Files;
using Insula.Pods.Eviction;

namespace Insulad.Nodes;

/// <summary>
/// What the machine has left just now. Beside the machine's own, memory and process ids have levels where all pods together are in a group with a limit: that
/// is as full as a machine can be.
/// </summary>
internal static class MachineReading
{
    /// <summary>Reads it.</summary>
    /// <param name="root">A directory on the daemon's disk.</param>
    /// <param name="images">Where images are.</param>
    /// <param name="groups">The pods' groups.</param>
    /// <exception cref="Insula.Linux.LinuxException">It could not be read.</exception>
    public static IReadOnlyList<SignalLevel> Read(string root, string images, CgroupTree groups)
    {
        List<SignalLevel> levels = [Memory(), .. Bounds(EvictionSignal.MemoryAvailable, groups, "memory")];
        var node = FileSystemUse.Read(root);
        Disk(levels, node, EvictionSignal.NodeFsAvailable, EvictionSignal.NodeFsInodesFree);
        if (FileSystemUse.Read(images) is var other && other.Device != node.Device)
        {
            Disk(levels, other, EvictionSignal.ImageFsAvailable, EvictionSignal.ImageFsInodesFree);
        }

        return [.. levels, Pids(), .. Bounds(EvictionSignal.PidAvailable, groups, "pids")];
    }

    // What the kernel says could be had without swapping: it knows of all processes of the machine, not of the pods alone.
    private static SignalLevel Memory()
    {
        var lines = File.ReadAllLines("/proc/meminfo");
        return new(EvictionSignal.MemoryAvailable, Kilobytes("MemAvailable:"), Kilobytes("MemTotal:"));

        long Kilobytes(string key) => Number(lines.First(l => l.StartsWith(key, StringComparison.Ordinal)).AsSpan(key.Length).Trim().TrimEnd("kB").TrimEnd()) * 1024;
    }

    private static SignalLevel Pids()
    {
        // "0.20 0.18 0.12 1/80 11206": the fourth is those that run, of all.
        var tasks = Number(File.ReadAllText("/proc/loadavg").Split(' ')[3].Split('/')[1]);
        var most = Math.Min(Number(File.ReadAllText("/proc/sys/kernel/pid_max")), Number(File.ReadAllText("/proc/sys/kernel/threads-max")));
        return new(EvictionSignal.PidAvailable, most - tasks, most);
    }

    private static IEnumerable<SignalLevel> Bounds(EvictionSignal signal, CgroupTree groups, string controller) =>
        groups.ReadBounds(controller).Select(b => new SignalLevel(signal, Math.Max(b.Limit - b.Used, 0), b.Limit));

    // Some file systems make inodes as they are needed, and have no number of them.
    private static void Disk(List<SignalLevel> levels, FileSystemUse disk, EvictionSignal bytes, EvictionSignal inodes)
    {
        levels.Add(new(bytes, disk.Available, disk.Size));
        if (disk.Inodes > 0)
        {
            levels.Add(new(inodes, disk.InodesFree, disk.Inodes));
        }
    }

    private static long Number(ReadOnlySpan<char> text) => long.Parse(text.Trim(), CultureInfo.InvariantCulture);
}
