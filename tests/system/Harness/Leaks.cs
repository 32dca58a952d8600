using System.Globalization;

namespace Insula.SystemTests.Harness;

/// <summary>Looks at the kernel and the disk for what an instance may have left behind.</summary>
public static class Leaks
{
    /// <summary>While the daemon runs and no pod exists: no process, mount, link, cgroup or file of a pod.</summary>
    public static async Task AssertNoPodIsLeftAsync(Instance instance) =>
        await Eventually.GetAsync(
            async () => string.Join('\n', (await LeftoversAsync(instance)).Where(line => !IsOfDaemon(instance, line))),
            text => text.Length == 0, "nothing of a deleted pod is left");

    /// <summary>Without a daemon, of pods that go on later: nothing but their files.</summary>
    public static async Task AssertNothingRunsAsync(Instance instance) =>
        await Eventually.GetAsync(
            async () => string.Join('\n', (await LeftoversAsync(instance)).Where(line => !line.StartsWith($"file {instance.Root}", StringComparison.Ordinal))),
            text => text.Length == 0, "nothing of the drained pods is left but their files");

    /// <summary>No thread of the daemon stays in a pod's namespaces: whatever it did next would be done there, and what it starts would be born there.</summary>
    public static async Task AssertNoThreadIsAwayAsync(Instance instance) =>
        await Eventually.GetAsync(() => Task.FromResult(string.Join('\n', ThreadsAway(instance.DaemonPid))), text => text.Length == 0, "all threads of the daemon are where it is");

    /// <summary>The threads of a process that are in other namespaces than it is.</summary>
    internal static IEnumerable<string> ThreadsAway(int pid)
    {
        foreach (var task in Directory.EnumerateDirectories($"/proc/{pid}/task"))
        {
            foreach (var kind in (string[])["mnt", "net"])
            {
                string? name = null;
                try
                {
                    if (Target($"{task}/ns/{kind}") != Target($"/proc/{pid}/ns/{kind}"))
                    {
                        name = File.ReadAllText($"{task}/comm").Trim();
                    }
                }
                catch (IOException)
                {
                    // It has just ended.
                }

                if (name is not null)
                {
                    yield return $"thread \"{name}\" of the daemon is in another {kind} namespace";
                }
            }
        }

        static string? Target(string link) => new FileInfo(link).LinkTarget;
    }

    /// <summary>After the daemon ended with no pod: nothing at all but its files.</summary>
    public static async Task AssertNothingIsLeftAsync(Instance instance) =>
        await Eventually.GetAsync(
            async () => string.Join('\n', await LeftoversAsync(instance)),
            text => text.Length == 0, "nothing of the ended daemon is left");

    /// <summary>Ends and removes what a failed test left, so that it harms no other.</summary>
    public static Task CleanAsync(Instance instance) => CleanAsync(instance.Tag);

    /// <summary>The same, by the tag of the instance.</summary>
    internal static async Task CleanAsync(string tag)
    {
        // Again and again: one that is killed may just have made another.
        await Eventually.TrueAsync(() => KillAllAsync(tag), "killed leftovers are gone");
        foreach (var cgroup in Cgroups(tag).OrderByDescending(path => path.Length))
        {
            Directory.Delete(cgroup);
        }
    }

    /// <summary>Unmounts all that is mounted below a directory.</summary>
    internal static async Task UnmountAsync(string directory)
    {
        foreach (var mount in File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')[4])
            .Where(path => path.StartsWith($"{directory}/", StringComparison.Ordinal)).Reverse().ToList())
        {
            (await Commands.RunAsync("umount", ["--lazy", mount])).Succeeded();
        }
    }

    /// <summary>The names of the links where the daemon's host network is.</summary>
    public static async Task<IReadOnlyList<string>> LinksAsync(Instance instance) =>
        [.. (await instance.InNetworkAsync("ip", "-o", "link")).Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(": ")[1].Split('@')[0])];

    // Whether none was left. Stopped first: a shell whose child dies before it does would write so into its log.
    private static async Task<bool> KillAllAsync(string tag)
    {
        var left = Processes(tag).Select(pid => pid.ToString(CultureInfo.InvariantCulture)).ToList();
        foreach (var signal in (string[])(left.Count > 0 ? ["-STOP", "-KILL"] : []))
        {
            await Commands.RunAsync("kill", [signal, .. left]);
        }

        return left.Count == 0;
    }

    private static async Task<List<string>> LeftoversAsync(Instance instance)
    {
        var left = new List<string>();
        left.AddRange(Processes(instance).Select(pid => $"process {pid} {CommandLine(pid)}"));
        left.AddRange(Cgroups(instance).Select(path => $"cgroup {path}"));
        left.AddRange(File.ReadLines("/proc/self/mountinfo")
            .Where(line => line.Contains(instance.Base, StringComparison.Ordinal)).Select(line => $"mount {line}"));
        var own = instance.SharesNetwork ? instance.Tag : "";
        left.AddRange((await LinksAsync(instance))
            .Where(name => !instance.ForeignLinks.Contains(name) && name.Contains(own, StringComparison.Ordinal)).Select(name => $"link {name}"));
        var tables = await instance.InNetworkAsync("nft", "list", "tables");
        left.AddRange(tables.Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line.Contains("insula", StringComparison.Ordinal) && line.Contains(own, StringComparison.Ordinal)).Select(line => $"nft {line}"));
        if (own.Length == 0)
        {
            // Chains of policies are there for pods alone.
            left.AddRange((await instance.InNetworkAsync("nft", "list", "chains", "inet")).Succeeded()
                .Split('\n').Where(line => line.Contains("chain policy_in_", StringComparison.Ordinal) || line.Contains("chain policy_out_", StringComparison.Ordinal)).Select(line => line.Trim()));

            // Of 83, who made it: a range of Services' addresses, or of pods'.
            left.AddRange((await instance.InNetworkAsync("ip", "route", "show", "table", "all", "proto", "83")).Succeeded()
                .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => $"route {line}"));
        }

        left.AddRange(Entries(Path.Combine(instance.Root, "pods")).Select(path => $"file {path}"));
        left.AddRange(Entries(Path.Combine(instance.Root, "cni")).Select(path => $"file {path}"));
        left.AddRange(Entries(Path.Combine(instance.Run, "netns")).Select(path => $"file {path}"));
        left.AddRange(Entries(Path.Combine(instance.Run, "sandboxes")).Select(path => $"file {path}"));
        left.AddRange(Entries(Path.Combine(instance.Run, "dns")).Where(path => !path.EndsWith("/empty", StringComparison.Ordinal)).Select(path => $"dns {path}"));
        return left;
    }

    /// <summary>What a running daemon without pods may have: its table, the routes of its ranges, the roots of its cgroups, and one DNS server.</summary>
    private static bool IsOfDaemon(Instance instance, string line) =>
        line.StartsWith("nft ", StringComparison.Ordinal)
        || line.StartsWith("dns ", StringComparison.Ordinal)
        || (line.StartsWith("process ", StringComparison.Ordinal) && line.Contains(" insula-dns serve ", StringComparison.Ordinal))
        || line.StartsWith("route unreachable ", StringComparison.Ordinal) || line.StartsWith("route local ", StringComparison.Ordinal)
        || (line.StartsWith("cgroup ", StringComparison.Ordinal)
            && !line.Contains("/pod", StringComparison.Ordinal) && !line.Contains("/shims/", StringComparison.Ordinal))
        || (line.StartsWith("cgroup ", StringComparison.Ordinal) && IsPodsRoot(line));

    private static bool IsPodsRoot(string line) =>
        line.EndsWith("/pods", StringComparison.Ordinal)
        || line.EndsWith("/guaranteed", StringComparison.Ordinal)
        || line.EndsWith("/burstable", StringComparison.Ordinal)
        || line.EndsWith("/besteffort", StringComparison.Ordinal);

    internal static List<int> Processes(Instance instance) => Processes(instance.Tag);

    internal static List<int> Processes(string tag)
    {
        var group = $"insula-{tag}";
        var pids = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid))
            {
                continue;
            }

            try
            {
                if (File.ReadAllText($"/proc/{pid}/cgroup").Contains(group, StringComparison.Ordinal))
                {
                    pids.Add(pid);
                }
            }
            catch (IOException)
            {
                // It ended between the listing and the reading.
            }
        }

        return pids;
    }

    internal static List<string> Cgroups(Instance instance) => Cgroups(instance.Tag);

    internal static List<string> Cgroups(string tag)
    {
        var group = $"insula-{tag}";
        var found = new List<string>();
        var hierarchies = File.ReadLines("/proc/self/mountinfo")
            .Select(line => line.Split(' '))
            .Where(fields => fields[Array.IndexOf(fields, "-") + 1] is "cgroup" or "cgroup2")
            .Select(fields => fields[4]);
        foreach (var hierarchy in hierarchies)
        {
            found.AddRange(Directory.EnumerateDirectories(hierarchy, group, new EnumerationOptions
            {
                RecurseSubdirectories = true,
                MaxRecursionDepth = 4,
                IgnoreInaccessible = true,
            }).SelectMany(top => (string[])[top, .. Directory.EnumerateDirectories(top, "*", SearchOption.AllDirectories)]));
        }

        return found;
    }

    private static IEnumerable<string> Entries(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateFileSystemEntries(folder) : [];

    internal static string CommandLine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' ');
        }
        catch (IOException)
        {
            return "(ended)";
        }
    }
}
