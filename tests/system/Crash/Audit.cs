using System.Globalization;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;
using Microsoft.Data.Sqlite;

namespace Insula.SystemTests.Crash;

/// <summary>
/// Compares what a daemon believes (its API and its database) with what the kernel and the disk have: processes, cgroups, mounts, network
/// namespaces, links, addresses, routes, nftables, policies, Services, directories, logs, and the marks that the starts of containers left.
/// Written for pods of <see cref="RichPod"/>, and for any others of which every container runs.
/// </summary>
internal sealed partial class Audit(Instance insula, RichPod rich)
{
    private readonly List<string> _found = [];

    /// <summary>Whether a shim may have died: then the last lines it had not yet written are lost with it.</summary>
    public bool ShimsMayDie { get; set; }

    /// <summary>The nftables table that is the measure: that of the first look, since it is one for all pods.</summary>
    public string? Table { get; set; }

    /// <summary>Waits until all agree: what is on its way takes its time.</summary>
    public async Task AssertAgreementAsync(string when) =>
        await Eventually.GetAsync(async () => string.Join('\n', await DifferencesAsync()), text => text.Length == 0, $"{when}: kernel, disk and daemon agree");

    /// <summary>What does not agree now.</summary>
    public async Task<IReadOnlyList<string>> DifferencesAsync()
    {
        _found.Clear();
        var last = ReadLast();
        var pods = (await insula.Api.GetAsync("/api/v1/pods"))["items"]!.AsArray().Select(p => p!).ToList();
        var kernel = await KernelView.ReadAsync(insula);
        var sandboxes = Names(Path.Combine(insula.Run, "sandboxes"));
        CompareProcesses(pods, sandboxes, kernel);
        await CompareNetworkAsync(pods, sandboxes, kernel);
        CompareFiles(pods, sandboxes);
        await CompareVolumesAsync(pods, kernel);
        CompareLogs(pods, last);
        CompareStarts(pods);
        CompareDatabase(pods);
        _found.AddRange(Leaks.ThreadsAway(insula.DaemonPid));
        return _found;
    }

    private static IEnumerable<JsonNode> Statuses(JsonNode pod) =>
        ((string[])["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"]).SelectMany(of => pod["status"]?[of]?.AsArray() ?? []).Select(s => s!);

    private static List<string> Running(JsonNode pod) =>
        [.. Statuses(pod).Where(s => s["state"]?["running"] is not null).Select(s => $"{(string)s["name"]!}.{(int)s["restartCount"]!}")];

    private static string Group(JsonNode pod) => $"pods/{((string)pod["status"]!["qosClass"]!).ToLowerInvariant()}/pod{Pods.Uid(pod)}";

    private static List<string> Names(string directory) =>
        Directory.Exists(directory) ? [.. Directory.EnumerateFileSystemEntries(directory).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)] : [];

    private void Same(string what, IEnumerable<string> believed, IEnumerable<string> there)
    {
        var (expected, actual) = (believed.ToHashSet(), there.ToHashSet());
        foreach (var missing in expected.Except(actual).Order(StringComparer.Ordinal))
        {
            _found.Add($"{what}: {missing} is missing");
        }

        foreach (var extra in actual.Except(expected).Order(StringComparer.Ordinal))
        {
            _found.Add($"{what}: {extra} is left over");
        }
    }

    private void CompareProcesses(List<JsonNode> pods, List<string> sandboxes, KernelView kernel)
    {
        var groups = new HashSet<string>();
        foreach (var pod in pods)
        {
            var parent = Group(pod);
            groups.Add(parent);
            groups.UnionWith(Running(pod).Select(id => $"{parent}/{id}"));
            var own = sandboxes.Where(id => id.StartsWith(Pods.Uid(pod), StringComparison.Ordinal)).ToList();
            if (own.Count != 1)
            {
                _found.Add($"sandboxes: pod {Pods.Uid(pod)} has {own.Count}");
                continue;
            }

            var shims = kernel.Processes[$"shims/{own[0]}"].ToList();
            if (shims.Count != 1)
            {
                _found.Add($"processes: sandbox {own[0]} has {shims.Count} shims");
                continue;
            }

            foreach (var id in Running(pod))
            {
                var first = kernel.Processes[$"{parent}/{id}"].Where(pid => ParentOf(pid) == shims[0]).ToList();
                if (first.Count != 1)
                {
                    _found.Add($"processes: container {id} has {first.Count} first processes");
                }
            }
        }

        groups.UnionWith(sandboxes.Select(id => $"shims/{id}"));
        // The directories above them stay for the next pod.
        Same("cgroups", groups, kernel.Cgroups.Where(g => g.Contains("/pod", StringComparison.Ordinal) || g.StartsWith("shims/", StringComparison.Ordinal)));
        Same("processes in cgroups", [], kernel.Processes.Select(p => p.Key).Where(g => !groups.Contains(g) && g is not ("daemon" or "dns")));
        if (kernel.Processes["dns"].Count() != 1)
        {
            _found.Add($"processes: there are {kernel.Processes["dns"].Count()} DNS servers");
        }

        Same("shims in no cgroup", [], kernel.StrayShims.Select(pid => pid.ToString(CultureInfo.InvariantCulture)));
        Same("mounts", [], kernel.Mounts);
        Same("sandboxes", pods.Select(Pods.Uid), sandboxes.Select(id => id[..id.LastIndexOf('-')]));
    }

    private async Task CompareNetworkAsync(List<JsonNode> pods, List<string> sandboxes, KernelView kernel)
    {
        var addressed = pods.Where(p => p["status"]?["podIP"] is not null).ToList();
        Same(
            "links",
            addressed.Select(p => $"insula {sandboxes.Find(id => id.StartsWith(Pods.Uid(p), StringComparison.Ordinal))} {string.Join(' ', Addresses(p))}"),
            kernel.Links.Values);
        Same("routes", addressed.SelectMany(Addresses), kernel.Routes);
        var spaces = new HashSet<string>();
        foreach (var pod in addressed)
        {
            var pids = Running(pod).SelectMany(id => kernel.Processes[$"{Group(pod)}/{id}"]).ToList();
            var own = pids.Select(KernelView.NetworkOf).Where(n => n.Length > 0).ToHashSet();
            if (own.Count > 1 || own.Any(space => !spaces.Add(space)))
            {
                _found.Add($"network namespaces: those of pod {Pods.Uid(pod)} are {string.Join(", ", own)}");
            }

            if (pids.Count > 0 && Directory.Exists($"/proc/{pids[0]}"))
            {
                Same("addresses in the pod", Addresses(pod), await KernelView.AddressesOfAsync(pids[0]));
            }
        }

        Same("pods that the policy restricts", addressed.SelectMany(Addresses), kernel.Restricted);
        Same("peers that the policy names", addressed.SelectMany(Addresses), kernel.Peers);
        Same("targets of the Service", addressed.Where(Pods.IsReady).SelectMany(Addresses), kernel.Targets);
        Table ??= kernel.Table;
        if (Table != kernel.Table)
        {
            _found.Add($"nftables: the table was\n{Table}\nand is\n{kernel.Table}");
        }
    }

    private static IEnumerable<string> Addresses(JsonNode pod) => pod["status"]!["podIPs"]!.AsArray().Select(a => (string)a!["ip"]!);

    private void CompareFiles(List<JsonNode> pods, List<string> sandboxes)
    {
        Same("pods' directories", pods.Select(Pods.Uid), Names(Path.Combine(insula.Root, "pods")));
        foreach (var pod in pods)
        {
            var directory = Path.Combine(insula.Root, "pods", Pods.Uid(pod));
            Same("writable layers", Running(pod), Names(Path.Combine(directory, "containers")));
            Same("volumes", Volumes(pod).Where(v => v["emptyDir"] is { } empty && empty["medium"] is null).Select(v => (string)v["name"]!), Names(Path.Combine(directory, "volumes")));
            var own = sandboxes.Find(id => id.StartsWith(Pods.Uid(pod), StringComparison.Ordinal));
            if (own is not null)
            {
                // What names the images of a start goes with the next one, or with the sandbox.
                var images = WithImages(pod).ToLookup(name => Running(pod).Any(id => id.StartsWith($"{name}.", StringComparison.Ordinal)), name => $"images.{name}");
                Same("files of the sandbox", [.. Running(pod).Select(id => id + ".ids"), .. images[true], "probes", "sandbox", "shim.pid", "shim.sock"],
                    Names(Path.Combine(insula.Run, "sandboxes", own)).Except(images[false]));
            }
        }

        Same("attachments to a CNI network", [], Names(Path.Combine(insula.Root, "cni")));
        Same("namespaces shown to plug-ins", [], Names(Path.Combine(insula.Run, "netns")));
        var unfinished = Directory.EnumerateFileSystemEntries(insula.Root, ".*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 3, AttributesToSkip = 0 })
            .Concat(Directory.EnumerateFileSystemEntries(insula.Run, ".*", SearchOption.TopDirectoryOnly));
        Same("unfinished files", [], unfinished.Where(path => path.EndsWith(".new", StringComparison.Ordinal)));
        Same("unfinished loads", [], Names(Path.Combine(insula.Root, "images", "tmp")));
        var ranges = Names(Path.Combine(insula.Root, "pods")).Select(uid => Path.Combine(insula.Root, "pods", uid, "user-ids")).Where(File.Exists).Select(File.ReadAllText).ToList();
        if (ranges.Count != pods.Count(p => (bool?)p["spec"]!["hostUsers"] == false) || ranges.Distinct().Count() != ranges.Count)
        {
            _found.Add($"user ids: {string.Join(", ", ranges)}");
        }
    }

    private long ReadLast()
    {
        // Empty at the moment in which it is written.
        var text = File.Exists(rich.LastFile) ? File.ReadAllText(rich.LastFile).Trim() : "";
        return long.TryParse(text, CultureInfo.InvariantCulture, out var last) ? last : 0;
    }

    private void CompareLogs(List<JsonNode> pods, long last)
    {
        foreach (var pod in pods)
        {
            foreach (var status in Statuses(pod).Where(s => s["containerID"] is not null))
            {
                var (name, restarts) = ((string)status["name"]!, (int)status["restartCount"]!);
                var directory = Path.Combine(insula.Root, "pods", Pods.Uid(pod), "logs", name);
                var attempts = Names(directory).Select(file => file.Split('.')[0]).ToHashSet();
                Same($"logs of {name}", [], attempts.Except([$"{restarts}", $"{restarts - 1}"]));
                try
                {
                    foreach (var attempt in attempts)
                    {
                        CompareLines(name, attempt, directory);
                    }

                    if (name == RichPod.Writer && status["state"]?["running"] is not null && !ShimsMayDie && LastLine(directory, restarts) is var written && written < last)
                    {
                        _found.Add($"logs of {name}: line {last} is missing, the last is {written}");
                    }
                }
                catch (FileNotFoundException e)
                {
                    // Between a rotation's two steps: the next look finds it.
                    _found.Add($"logs of {name}: {e.FileName} went while they were read");
                }
            }
        }
    }

    private static IEnumerable<string> Lines(string directory, string attempt) =>
        Names(directory).Where(file => file.Split('.')[0] == attempt)
            .OrderByDescending(file => file.Split('.') is [_, _, var number] ? int.Parse(number, CultureInfo.InvariantCulture) : 0)
            .SelectMany(file => File.ReadAllText(Path.Combine(directory, file)).Split('\n')[..^1]);

    private static long LastLine(string directory, int attempt) =>
        Lines(directory, attempt.ToString(CultureInfo.InvariantCulture)).LastOrDefault()?.Split(' ') is [.., var number] ? long.Parse(number, CultureInfo.InvariantCulture) : 0;

    // Every start numbers its lines from 1.
    private void CompareLines(string name, string attempt, string directory)
    {
        var expected = 1L;
        foreach (var line in Lines(directory, attempt))
        {
            if (!line.EndsWith($" F line {expected}", StringComparison.Ordinal))
            {
                _found.Add($"logs of {name}, start {attempt}: instead of line {expected} there is: {line}");
                return;
            }

            expected++;
        }
    }

    private void CompareStarts(List<JsonNode> pods)
    {
        var marks = File.Exists(rich.StartsFile) ? File.ReadAllLines(rich.StartsFile) : [];
        Same("containers started twice", [], marks.GroupBy(m => m).Where(g => g.Count() > 1).Select(g => g.Key));
        foreach (var pod in pods)
        {
            var own = marks.Where(m => m.StartsWith(Pods.Uid(pod), StringComparison.Ordinal)).Select(m => m.Split(' ')[1]).ToHashSet();
            Same("starts of what runs", Running(pod).Except(own), []);
            var counted = Statuses(pod).SelectMany(s => Enumerable.Range(0, (int)s["restartCount"]! + 1).Select(n => $"{(string)s["name"]!}.{n}"));
            Same("starts that were not counted", [], own.Except(counted));
        }
    }

    private void CompareDatabase(List<JsonNode> pods)
    {
        using var database = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = Path.Combine(insula.Root, "state.db"), Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        database.Open();
        using var check = database.CreateCommand();
        check.CommandText = "PRAGMA quick_check(1)";
        if ((string?)check.ExecuteScalar() is var verdict and not "ok")
        {
            _found.Add($"database: {verdict}");
        }

        using var select = database.CreateCommand();
        select.CommandText = "SELECT uid, document FROM objects WHERE resource = 'pods'";
        using var rows = select.ExecuteReader();
        var stored = new Dictionary<string, JsonNode>();
        while (rows.Read())
        {
            stored[rows.GetString(0)] = JsonNode.Parse((byte[])rows.GetValue(1))!;
        }

        Same("database", pods.Select(Pods.Uid), stored.Keys);
        foreach (var pod in pods.Where(p => stored.ContainsKey(Pods.Uid(p))))
        {
            foreach (var part in (string[])["spec", "status"])
            {
                if (!JsonNode.DeepEquals(pod[part], stored[Pods.Uid(pod)][part]))
                {
                    _found.Add($"database: the {part} of {Pods.Uid(pod)} is not what the API shows");
                }
            }
        }
    }

    private static int ParentOf(int pid)
    {
        try
        {
            return KernelView.ParentOf(pid);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
