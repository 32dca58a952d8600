using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Linux.Processes;

namespace Insula.SystemTests.Harness;

/// <summary>Finds a container's processes by its cgroup, as the kernel knows them.</summary>
public static class Processes
{
    /// <summary>The process ids in a container's cgroup, by the host's count.</summary>
    public static IReadOnlyList<int> Of(Instance instance, JsonNode pod, string container)
    {
        var group = GroupOf(instance, pod, container, "pids") ?? GroupOf(instance, pod, container, "");
        return group is null
            ? []
            : [.. File.ReadAllLines(Path.Combine(group, "cgroup.procs")).Select(line => int.Parse(line, CultureInfo.InvariantCulture))];
    }

    /// <summary>A container's own program. Numbers begin anew when they have all been used: of those that nobody in the container has
    /// started it is the oldest, not the one with the lowest number.</summary>
    public static int MainOf(Instance instance, JsonNode pod, string container)
    {
        var all = Of(instance, pod, container);
        var starts = all.Select(pid => (Pid: pid, Fields: Fields(pid))).Where(p => p.Fields.Length > 0 && !all.Contains(int.Parse(p.Fields[1], CultureInfo.InvariantCulture))).ToList();
        Assert.NotEmpty(starts);
        return starts.MinBy(p => ulong.Parse(p.Fields[19], CultureInfo.InvariantCulture)).Pid;
    }

    // Of /proc/PID/stat, see proc(5), what follows the name: the state is the first; none when the process has ended.
    private static string[] Fields(int pid)
    {
        try
        {
            var line = File.ReadAllText($"/proc/{pid}/stat");
            return line[(line.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return [];
        }
    }

    public static async Task KillAsync(Instance instance, JsonNode pod, string container) =>
        (await Commands.RunAsync("kill", ["-KILL", MainOf(instance, pod, container).ToString(CultureInfo.InvariantCulture)])).Succeeded();

    /// <summary>The shim that supervises a pod.</summary>
    public static int ShimOf(Instance instance, JsonNode pod) =>
        Leaks.Processes(instance).Single(pid => ProcessStat.Read(pid)?.Name == "insula-shim"
            && File.ReadAllText($"/proc/{pid}/cgroup").Contains($"/shims/{Pods.Uid(pod)}", StringComparison.Ordinal));

    /// <summary>The directory of a container's cgroup in a controller's hierarchy (v1) or in the only one (v2).</summary>
    public static string? GroupOf(Instance instance, JsonNode pod, string container, string controller)
    {
        var attempt = Pods.Restarts(pod, container);
        var top = Directory.Exists($"/sys/fs/cgroup/{controller}") ? $"/sys/fs/cgroup/{controller}" : "/sys/fs/cgroup";
        return Directory.EnumerateDirectories(top, $"insula-{instance.Tag}", new EnumerationOptions
        {
            RecurseSubdirectories = true,
            MaxRecursionDepth = 4,
            IgnoreInaccessible = true,
        })
            .SelectMany(group => Directory.EnumerateDirectories(group, $"{container}.{attempt}", SearchOption.AllDirectories))
            .FirstOrDefault(path => path.Contains($"/pod{Pods.Uid(pod)}/", StringComparison.Ordinal));
    }

    public static string Status(int pid, string field) =>
        File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith(field + ":", StringComparison.Ordinal))[(field.Length + 1)..].Trim();
}
