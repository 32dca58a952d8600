using System.Globalization;

namespace Insula.SystemTests.Eviction;

/// <summary>A control group of the test's own with limits, in every hierarchy that has the controllers: all pods in it together are as a machine that has no more.</summary>
internal sealed class BoundGroup : IDisposable
{
    private readonly List<string> _directories = [];

    private BoundGroup(string name) => Path = $"/{name}";

    /// <summary>What the option <c>cgroup-parent</c> wants.</summary>
    public string Path { get; }

    /// <summary>Makes one.</summary>
    /// <param name="memory">Bytes; null for no limit.</param>
    /// <param name="pids">Processes and threads; null for no limit.</param>
    public static BoundGroup Create(long? memory = null, long? pids = null)
    {
        var group = new BoundGroup($"bound-{Guid.NewGuid():n}"[..14]);
        foreach (var (mount, isUnified) in Hierarchies())
        {
            if (isUnified && File.Exists($"{mount}/cgroup.controllers") && File.ReadAllText($"{mount}/cgroup.controllers").Contains("memory", StringComparison.Ordinal))
            {
                File.WriteAllText($"{mount}/cgroup.subtree_control", "+memory +pids");
            }

            var directory = Directory.CreateDirectory(mount + group.Path).FullName;
            group._directories.Add(directory);
            Limit($"{directory}/memory.max", memory);
            Limit($"{directory}/memory.limit_in_bytes", memory);
            Limit($"{directory}/pids.max", pids);
        }

        return group;
    }

    public void Dispose()
    {
        foreach (var directory in _directories)
        {
            Directory.Delete(directory);
        }
    }

    private static IEnumerable<(string Mount, bool IsUnified)> Hierarchies() =>
        from line in File.ReadLines("/proc/self/mountinfo")
        let fields = line.Split(' ')
        let dash = Array.IndexOf(fields, "-")
        let options = fields[dash + 3]
        where fields[dash + 1] == "cgroup2" || (fields[dash + 1] == "cgroup" && ((string[])["memory", "pids", "cpu"]).Any(options.Split(',').Contains))
        select (fields[4], fields[dash + 1] == "cgroup2");

    private static void Limit(string file, long? limit)
    {
        if (limit is { } most && File.Exists(file))
        {
            File.WriteAllText(file, most.ToString(CultureInfo.InvariantCulture));
        }
    }
}
