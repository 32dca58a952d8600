using System.Globalization;

namespace Insula.Bench.Contestants;

/// <summary>A process as the kernel counts it.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="Name">The name of its program, at most 15 characters of it.</param>
internal sealed record ProcessTree(int Pid, string Name)
{
    private const double TicksPerSecond = 100; // USER_HZ: what the kernel shows times in, whatever it counts in

    /// <summary>All that descend from a process.</summary>
    public static IReadOnlyList<ProcessTree> Below(int root)
    {
        var children = new Dictionary<int, List<ProcessTree>>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && Stat(pid) is { } stat)
            {
                if (!children.TryGetValue(stat.Parent, out var siblings))
                {
                    children[stat.Parent] = siblings = [];
                }

                siblings.Add(new ProcessTree(pid, stat.Name));
            }
        }

        var found = new List<ProcessTree>();
        var open = new Queue<int>([root]);
        while (open.TryDequeue(out var next))
        {
            foreach (var child in children.GetValueOrDefault(next, []))
            {
                found.Add(child);
                open.Enqueue(child.Pid);
            }
        }

        return found;
    }

    /// <summary>Its proportional share of memory in kilobytes, smaps(5); zero when it has just ended.</summary>
    public static double ProportionalKilobytes(int pid) => Proportional(pid, "Pss:");

    /// <summary>The part of it that is no file's.</summary>
    public static double AnonymousKilobytes(int pid) => Proportional(pid, "Pss_Anon:");

    private static double Proportional(int pid, string row)
    {
        try
        {
            return double.Parse(
                File.ReadLines($"/proc/{pid}/smaps_rollup").First(line => line.StartsWith(row, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
                CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>The processor time it has used.</summary>
    public static TimeSpan ProcessorTime(int pid) => Stat(pid)?.Time ?? TimeSpan.Zero;

    /// <summary>How often each of its threads has gone to sleep, and so was woken.</summary>
    public static IReadOnlyDictionary<string, long> VoluntarySwitches(int pid) => Directory.EnumerateDirectories($"/proc/{pid}/task").ToDictionary(
        task => task,
        task => long.Parse(
            File.ReadLines(Path.Combine(task, "status")).First(line => line.StartsWith("voluntary_ctxt_switches:", StringComparison.Ordinal)).Split('\t')[1],
            CultureInfo.InvariantCulture));

    private static (string Name, int Parent, TimeSpan Time)? Stat(int pid)
    {
        try
        {
            // The name may hold anything, also spaces and parentheses: what follows begins after the last one.
            var text = File.ReadAllText($"/proc/{pid}/stat");
            var (from, to) = (text.IndexOf('(', StringComparison.Ordinal), text.LastIndexOf(')'));
            var words = text[(to + 2)..].Split(' ');
            return (text[(from + 1)..to], int.Parse(words[1], CultureInfo.InvariantCulture),
                TimeSpan.FromSeconds((long.Parse(words[11], CultureInfo.InvariantCulture) + long.Parse(words[12], CultureInfo.InvariantCulture)) / TicksPerSecond));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
