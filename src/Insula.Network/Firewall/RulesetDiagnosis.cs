using System.Net;
using System.Text.Json;

namespace Insula.Network.Firewall;

/// <summary>Reads <c>nft -j list ruleset</c> (libnftables-json(5)) for chains that are not ours and drop forwarded packets. Pure.</summary>
internal static class RulesetDiagnosis
{
    private sealed record Chain(string Family, string Table, string Name, string? Hook, string? Type, string? Policy)
    {
        public List<Rule> Rules { get; } = [];
    }

    private sealed record Rule(long Handle, string? Verdict, string? Target, bool Unconditional);

    /// <summary>The chains that may have dropped a pod's packets, the most likely first.</summary>
    /// <param name="json">nft's output.</param>
    /// <param name="legacyTables">Whether the old iptables have a filter table, which nft does not list.</param>
    /// <param name="linkPrefix">What our links' names begin with.</param>
    /// <param name="range">The pods' range.</param>
    /// <exception cref="NetworkException">The output is not what the manual says.</exception>
    public static IReadOnlyList<ForeignDrop> FindDrops(string json, bool legacyTables, string linkPrefix, IPNetwork range)
    {
        List<(int Rank, ForeignDrop Drop)> found = [];
        List<Chain> chains = Read(json);
        foreach (Chain start in chains.Where(c => c is { Hook: "forward", Family: "ip" or "inet" } && !IsOurs(c.Table)))
        {
            ILookup<string, Chain> table = chains.Where(c => c.Family == start.Family && c.Table == start.Table).ToLookup(c => c.Name);
            List<Chain> reachable = Reachable(start, table);
            string? owner = OwnerOf(start.Table, table.Select(g => g.Key), reachable.Select(c => c.Name));
            string command = CommandFor(owner, start, table.Contains("DOCKER-USER"), linkPrefix, range);
            if (start.Policy == "drop")
            {
                found.Add((0, new ForeignDrop(start.Family, start.Table, start.Name, owner, "its policy is drop", command)));
            }

            foreach (Chain chain in reachable)
            {
                foreach (Rule rule in chain.Rules.Where(r => r.Verdict is not null))
                {
                    string what = $"rule {rule.Handle} {(rule.Verdict == "drop" ? "drops" : "rejects")} {(rule.Unconditional ? "everything" : "some packets")}";
                    found.Add((rule.Unconditional ? 0 : 1, new ForeignDrop(start.Family, start.Table, chain.Name, owner, what, command)));
                }
            }
        }

        if (legacyTables)
        {
            found.Add((1, new ForeignDrop(
                "ip", "filter", "FORWARD", "iptables-legacy", "the old iptables filter here, beside nftables",
                $"iptables-legacy -I FORWARD -i {linkPrefix}+ -j ACCEPT && iptables-legacy -I FORWARD -o {linkPrefix}+ -j ACCEPT")));
        }

        return [.. found.OrderBy(f => f.Rank).Select(f => f.Drop)];
    }

    /// <summary>Says what is lost, who drops it, and how to allow it.</summary>
    public static string Explain(IReadOnlyList<string> lost, IReadOnlyList<ForeignDrop> suspects)
    {
        string what = $"Packets between pods do not pass the host's forward hook (lost: {string.Join(", ", lost)}).";
        if (suspects.Count == 0)
        {
            return $"{what} No foreign nftables chain in that hook drops packets; look at \"nft list ruleset\", at eBPF programs, and at the kernel's forwarding settings.";
        }

        ForeignDrop first = suspects[0];
        string owner = first.Owner is null ? "" : $" ({first.Owner})";
        string others = suspects.Count == 1 ? ""
            : $" Also possible: {string.Join("; ", suspects.Skip(1).Take(3).Select(s => $"{s.Chain} of table {s.Family} {s.Table}, {s.Reason}"))}.";
        return $"{what} The chain {first.Chain} of table {first.Family} {first.Table}{owner} drops them: {first.Reason}. To allow pods' packets: {first.Command}.{others}";
    }

    private static bool IsOurs(string table) => table == "insula" || table.StartsWith("insula_", StringComparison.Ordinal);

    /// <summary>Who made the table. ufw leaves its chains behind when it is switched off, empty, and takes no rules then.</summary>
    private static string? OwnerOf(string table, IEnumerable<string> chains, IEnumerable<string> reachable)
    {
        string[] names = [.. chains];
        return table == "firewalld" ? "firewalld"
            : reachable.Contains("ufw-user-forward") ? "ufw"
            : table.StartsWith("docker", StringComparison.Ordinal) || names.Any(n => n.StartsWith("DOCKER", StringComparison.Ordinal)) ? "Docker"
            : names.Any(n => n.StartsWith("KUBE-", StringComparison.Ordinal)) ? "Kubernetes"
            : names.Any(n => n.StartsWith("LIBVIRT_", StringComparison.Ordinal)) || table.StartsWith("libvirt", StringComparison.Ordinal) ? "libvirt"
            : null;
    }

    private static string CommandFor(string? owner, Chain chain, bool dockerUser, string prefix, IPNetwork range) => owner switch
    {
        "ufw" => $"ufw route allow from {range} && ufw route allow to {range}",
        "firewalld" => $"firewall-cmd --permanent --zone=trusted --add-source={range} && firewall-cmd --reload",
        "Docker" when dockerUser => $"iptables -I DOCKER-USER -i {prefix}+ -j ACCEPT && iptables -I DOCKER-USER -o {prefix}+ -j ACCEPT",
        _ => $"nft 'insert rule {chain.Family} {chain.Table} {chain.Name} iifname \"{prefix}*\" counter accept; "
            + $"insert rule {chain.Family} {chain.Table} {chain.Name} oifname \"{prefix}*\" counter accept'",
    };

    private static List<Chain> Reachable(Chain start, ILookup<string, Chain> table)
    {
        List<Chain> reached = [start];
        for (int i = 0; i < reached.Count; i++)
        {
            foreach (Chain next in reached[i].Rules.Where(r => r.Target is not null).SelectMany(r => table[r.Target!]))
            {
                if (!reached.Contains(next))
                {
                    reached.Add(next);
                }
            }
        }

        return reached;
    }

    private static List<Chain> Read(string json)
    {
        List<Chain> chains = [];
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            foreach (JsonElement item in document.RootElement.GetProperty("nftables").EnumerateArray())
            {
                if (item.TryGetProperty("chain", out JsonElement chain))
                {
                    chains.Add(new Chain(
                        Text(chain, "family")!, Text(chain, "table")!, Text(chain, "name")!, Text(chain, "hook"), Text(chain, "type"), Text(chain, "policy")));
                }
                else if (item.TryGetProperty("rule", out JsonElement rule))
                {
                    // nft lists a chain before its rules.
                    chains.FirstOrDefault(c => c.Family == Text(rule, "family") && c.Table == Text(rule, "table") && c.Name == Text(rule, "chain"))
                        ?.Rules.Add(ReadRule(rule));
                }
            }
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new NetworkException($"nft's list of the host's tables cannot be read: {e.Message}", e);
        }

        return chains;
    }

    private static Rule ReadRule(JsonElement rule)
    {
        string? verdict = null;
        string? target = null;
        bool unconditional = true;
        if (rule.TryGetProperty("expr", out JsonElement expressions) && expressions.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement expression in expressions.EnumerateArray().Where(e => e.ValueKind == JsonValueKind.Object))
            {
                foreach (JsonProperty part in expression.EnumerateObject())
                {
                    switch (part.Name)
                    {
                        case "drop" or "reject":
                            verdict = part.Name;
                            break;
                        case "xt" when part.Value.ValueKind == JsonValueKind.Object && Text(part.Value, "name") is "REJECT" or "DROP":
                            verdict = Text(part.Value, "name") == "DROP" ? "drop" : "reject";
                            break;
                        case "jump" or "goto":
                            target = Text(part.Value, "target");
                            break;
                        case "counter" or "log":
                            break;
                        default:
                            unconditional = false;
                            break;
                    }
                }
            }
        }

        return new Rule(rule.TryGetProperty("handle", out JsonElement handle) ? handle.GetInt64() : 0, verdict, target, unconditional);
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
