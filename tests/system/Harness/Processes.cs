using System.Globalization;
using System.Text.Json.Nodes;

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

    public static int MainOf(Instance instance, JsonNode pod, string container)
    {
        var all = Of(instance, pod, container);
        Assert.NotEmpty(all);
        return all[0];
    }

    public static async Task KillAsync(Instance instance, JsonNode pod, string container) =>
        (await Commands.RunAsync("kill", ["-KILL", MainOf(instance, pod, container).ToString(CultureInfo.InvariantCulture)])).Succeeded();

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
