using System.Globalization;

namespace Insula.Linux.Kernel;

/// <summary>What all processes of the machine use (proc(5): /proc/stat, /proc/meminfo).</summary>
/// <param name="Busy">The time all processors together have worked since the boot.</param>
/// <param name="WorkingSetBytes">Memory in use without inactive file pages.</param>
public sealed record MachineUse(TimeSpan Busy, long WorkingSetBytes)
{
    /// <summary>Reads it.</summary>
    public static MachineUse Read() => Parse(File.ReadAllText("/proc/stat"), File.ReadAllText("/proc/meminfo"));

    internal static MachineUse Parse(string stat, string meminfo)
    {
        const int TicksPerSecond = 100; // USER_HZ, the same on all of Linux
        var times = stat[..stat.IndexOf('\n', StringComparison.Ordinal)].Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1)
            .Select(t => long.Parse(t, CultureInfo.InvariantCulture)).ToList();

        // user, nice, system, idle, iowait, irq, softirq, steal; a guest's time is in user's, too.
        var busy = times.Take(8).Where((_, i) => i is not (3 or 4)).Sum();
        return new MachineUse(
            TimeSpan.FromSeconds((double)busy / TicksPerSecond),
            Math.Max(0, Kilobytes("MemTotal") - Kilobytes("MemFree") - Kilobytes("Inactive(file)")) * 1024);

        long Kilobytes(string name)
        {
            var line = meminfo.Split('\n').First(l => l.StartsWith($"{name}:", StringComparison.Ordinal));
            return long.Parse(line.AsSpan(name.Length + 1).Trim().TrimEnd("kB").TrimEnd(), CultureInfo.InvariantCulture);
        }
    }
}
