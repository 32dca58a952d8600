using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Crash;

/// <summary>What the kernel has of an instance, read without asking the daemon.</summary>
internal sealed partial record KernelView
{
    /// <summary>The cgroups below the instance's root, as in <c>pods/burstable/podUID/NAME.0</c>, whatever the hierarchy.</summary>
    public required IReadOnlySet<string> Cgroups { get; init; }

    /// <summary>The processes of each cgroup.</summary>
    public required ILookup<string, int> Processes { get; init; }

    /// <summary>The shims in the instance's network that are in none of its cgroups.</summary>
    public required IReadOnlyList<int> StrayShims { get; init; }

    /// <summary>The instance's links, with what each says it is for.</summary>
    public required IReadOnlyDictionary<string, string> Links { get; init; }

    /// <summary>The addresses that are routed to a pod.</summary>
    public required IReadOnlySet<string> Routes { get; init; }

    /// <summary>The instance's own addresses, without those of links that were there before.</summary>
    public required IReadOnlySet<string> HostAddresses { get; init; }

    /// <summary>The instance's nftables table, without counters, and without what comes and goes with pods.</summary>
    public required string Table { get; init; }

    /// <summary>The addresses that policies restrict.</summary>
    public required IReadOnlySet<string> Restricted { get; init; }

    /// <summary>The addresses that policies name as peers.</summary>
    public required IReadOnlySet<string> Peers { get; init; }

    /// <summary>The addresses that Services lead to.</summary>
    public required IReadOnlySet<string> Targets { get; init; }

    /// <summary>Mounts of the machine that have to do with the instance.</summary>
    public required IReadOnlyList<string> Mounts { get; init; }

    public static async Task<KernelView> ReadAsync(Instance insula)
    {
        var root = $"/insula-{insula.Tag}";
        var processes = Leaks.Processes(insula).Select(pid => (Pid: pid, Group: GroupOf(pid, root))).Where(p => p.Group is not null).ToList();
        var links = await JsonAsync(insula, "ip", "-j", "link", "show");
        JsonNode[] routes = [.. await JsonAsync(insula, "ip", "-j", "-4", "route", "show", "table", "main"), .. await JsonAsync(insula, "ip", "-j", "-6", "route", "show", "table", "main")];
        var addresses = await JsonAsync(insula, "ip", "-j", "address", "show", "dev", "lo");
        var table = (await insula.InNetworkAsync("nft", "-s", "list", "ruleset")).Succeeded();
        return new KernelView
        {
            Cgroups = Leaks.Cgroups(insula).Select(path => Below(path, root)).Where(path => path.Length > 0).ToHashSet(),
            Processes = processes.ToLookup(p => p.Group!, p => p.Pid),
            StrayShims = StrayShimsOf(insula, [.. processes.Select(p => p.Pid)]),
            Links = links.Where(l => ((string)l["ifname"]!).StartsWith($"iv{insula.Tag}", StringComparison.Ordinal))
                .ToDictionary(l => (string)l["ifname"]!, l => (string?)l["ifalias"] ?? ""),
            Routes = routes.Where(r => ((string?)r["dev"] ?? "").StartsWith($"iv{insula.Tag}", StringComparison.Ordinal))
                .Select(r => (string)r["dst"]!).ToHashSet(),
            HostAddresses = addresses.SelectMany(l => l["addr_info"]!.AsArray()).Select(a => (string)a!["local"]!).ToHashSet(),
            Table = PodsParts().Replace(table, ""),
            Restricted = Found(Restriction(), table),
            Peers = PeerSet().Matches(table).SelectMany(set => Found(Address(), set.Value)).ToHashSet(),
            Targets = Found(Target(), table),
            Mounts = [.. File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains(insula.Base, StringComparison.Ordinal))],
        };
    }

    /// <summary>The number of a process' parent.</summary>
    public static int ParentOf(int pid) => int.Parse(Harness.Processes.Status(pid, "PPid"), CultureInfo.InvariantCulture);

    public static string NetworkOf(int pid) => new FileInfo($"/proc/{pid}/ns/net").LinkTarget ?? "";

    /// <summary>Where something is mounted for a process; nothing when it has just ended.</summary>
    public static IReadOnlySet<string> MountsOf(int pid)
    {
        try
        {
            return File.ReadLines($"/proc/{pid}/mountinfo").Select(line => line.Split(' ')[4]).ToHashSet();
        }
        catch (IOException)
        {
            return new HashSet<string>();
        }
    }

    /// <summary>The addresses of a process' network namespace, without loopback and links' own.</summary>
    public static async Task<IReadOnlyList<string>> AddressesOfAsync(int pid)
    {
        var answer = await Commands.RunAsync("nsenter", [$"--net=/proc/{pid}/ns/net", "ip", "-j", "address", "show", "scope", "global"]);
        return answer.ExitCode != 0 // it has just ended
            ? []
            : [.. JsonNode.Parse(answer.Output)!.AsArray().SelectMany(l => l!["addr_info"]?.AsArray() ?? []).Select(a => (string)a!["local"]!)];
    }

    private static HashSet<string> Found(Regex what, string table) => [.. what.Matches(table).Select(m => m.Groups[1].Value)];

    // What the crash world's policy and Service make of pods.
    [GeneratedRegex(@"^\t(chain policy_(in|out)_|set peers_)\w+ \{([^{}]|\{[^}]*\})*\}\n|^\t\telements = \{[^}]*\}\n|^\n", RegexOptions.Multiline)]
    private static partial Regex PodsParts();

    [GeneratedRegex(@"([0-9a-f:.]+) : jump policy_in_")]
    private static partial Regex Restriction();

    [GeneratedRegex(@"set peers_\w+ \{([^{}]|\{[^}]*\})*\}")]
    private static partial Regex PeerSet();

    [GeneratedRegex(@"(\d+\.\d+\.\d+\.\d+|[0-9a-f]+:[0-9a-f:]+)")]
    private static partial Regex Address();

    [GeneratedRegex(@" : ([0-9a-f:.]+) \. 8080")]
    private static partial Regex Target();

    private static string Below(string path, string root) =>
        path.IndexOf(root, StringComparison.Ordinal) is var at and >= 0 ? path[(at + root.Length)..].TrimStart('/') : "";

    private static string? GroupOf(int pid, string root)
    {
        try
        {
            // One that has left its hierarchies one by one, as a dying process does, is where it was deepest.
            return File.ReadLines($"/proc/{pid}/cgroup").Select(line => Below(line, root)).MaxBy(group => group.Length);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static List<int> StrayShimsOf(Instance insula, HashSet<int> placed)
    {
        var strays = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid) || placed.Contains(pid))
            {
                continue;
            }

            try
            {
                // Before its set-up a shim is in the daemon's network, and holds nothing else that is the instance's.
                if (File.ReadAllText($"{folder}/comm").Trim() == "insula-shim" && NetworkOf(pid) == NetworkOfInstance(insula))
                {
                    strays.Add(pid);
                }
            }
            catch (IOException)
            {
                // It ended between the listing and the reading.
            }
        }

        return strays;
    }

    private static string NetworkOfInstance(Instance insula)
    {
        using var space = Insula.Linux.Descriptor.Open($"/run/netns/{insula.NetworkNamespace}", Insula.Linux.LibC.fcntl.O_RDONLY);
        return new FileInfo(space.ProcPath).LinkTarget ?? "";
    }

    private static async Task<List<JsonNode>> JsonAsync(Instance insula, params string[] command)
    {
        var text = (await insula.InNetworkAsync(command)).Succeeded();
        return [.. (JsonNode.Parse(text.Length > 0 ? text : "[]")!.AsArray()).Where(n => n is not null && n.AsObject().Count > 0).Select(n => n!)];
    }
}
