using System.Globalization;

namespace Insulad.Nodes;

/// <summary>What the machine has left just now.</summary>
/// <param name="MemoryAvailable">Bytes that could be had without swapping (MemAvailable of proc_meminfo(5)).</param>
/// <param name="DiskFree">Bytes that the daemon's disk has free for others than root.</param>
/// <param name="DiskSize">How many it has.</param>
/// <param name="Tasks">Processes and threads.</param>
/// <param name="MostTasks">How many there can be: the lesser of pid_max and threads-max.</param>
internal readonly record struct MachineReading(long MemoryAvailable, long DiskFree, long DiskSize, long Tasks, long MostTasks)
{
    private const string Available = "MemAvailable:";

    /// <summary>Reads it.</summary>
    /// <param name="root">A directory on the daemon's disk.</param>
    public static MachineReading Read(string root)
    {
        var memory = File.ReadLines("/proc/meminfo").First(l => l.StartsWith(Available, StringComparison.Ordinal));

        // "0.20 0.18 0.12 1/80 11206": the fourth is those that run, of all.
        var tasks = File.ReadAllText("/proc/loadavg").Split(' ')[3].Split('/')[1];
        var disk = new DriveInfo(root);
        return new MachineReading(
            Number(memory.AsSpan(Available.Length).Trim().TrimEnd("kB").TrimEnd()) * 1024,
            disk.AvailableFreeSpace,
            disk.TotalSize,
            Number(tasks),
            Math.Min(Number(File.ReadAllText("/proc/sys/kernel/pid_max")), Number(File.ReadAllText("/proc/sys/kernel/threads-max"))));
    }

    private static long Number(ReadOnlySpan<char> text) => long.Parse(text.Trim(), CultureInfo.InvariantCulture);
}
