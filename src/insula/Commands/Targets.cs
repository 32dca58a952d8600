using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary>Understands <c>KIND NAME…</c>, <c>KIND/NAME…</c> and <c>KIND</c> with a selector.</summary>
internal static class Targets
{
    private const string All = "all";

    /// <summary>What kubectl means by "all", which is not everything: what runs, and what leads to it.</summary>
    private static readonly string[] s_all =
        ["pods", "replicationcontrollers", "services", "daemonsets", "deployments", "replicasets", "statefulsets", "jobs", "cronjobs"];

    /// <summary>The kind and the names given; no name means all of the kind.</summary>
    public static async Task<IReadOnlyList<(ResourceType Type, IReadOnlyList<string> Names)>> ParseAsync(
        ApiClient client, IReadOnlyList<string> words, CancellationToken ct)
    {
        if (words.Count == 0)
        {
            throw new CommandException("name what: KIND, KIND NAME… or KIND/NAME…, as `pods`, `pod hello` or `pod/hello`");
        }

        if (words.Any(word => word.Contains('/', StringComparison.Ordinal)))
        {
            var pairs = new List<(ResourceType, IReadOnlyList<string>)>();
            foreach (var word in words)
            {
                var parts = word.Split('/');
                if (parts is not [{ Length: > 0 } kind, { Length: > 0 } name])
                {
                    throw new CommandException($"\"{word}\": where one word is KIND/NAME, all must be");
                }

                pairs.Add((await Discovery.FindAsync(client, kind, ct), [name]));
            }

            return pairs;
        }

        var types = new List<(ResourceType, IReadOnlyList<string>)>();
        foreach (var kind in words[0].Split(','))
        {
            if (kind == All && words.Count > 1)
            {
                throw new CommandException("\"all\" is several kinds: names go with one kind");
            }

            foreach (var meant in kind == All ? s_all : [kind])
            {
                types.Add((await Discovery.FindAsync(client, meant, ct), [.. words.Skip(1)]));
            }
        }

        return [.. types.DistinctBy(t => t.Item1.Plural)];
    }

    /// <summary>The objects meant, each existing object by name when a selector or --all was given.</summary>
    public static async Task<IReadOnlyList<ObjectTarget>> ResolveAsync(
        ApiClient client, IReadOnlyList<string> words, string ns, string? selector, bool all, bool allNamespaces,
        CancellationToken ct)
    {
        var targets = new List<ObjectTarget>();
        foreach (var (type, names) in await ParseAsync(client, words, ct))
        {
            if (names.Count > 0)
            {
                if (all || selector is not null || allNamespaces)
                {
                    throw new CommandException("names and --all, -l or -A exclude each other");
                }

                targets.AddRange(names.Select(name => new ObjectTarget(type, type.Namespaced ? ns : null, name, [])));
                continue;
            }

            if (!all && selector is null)
            {
                throw new CommandException($"name the {type.Plural}, or give --all or -l LABELS");
            }

            var query = selector is null ? "" : $"?labelSelector={Uri.EscapeDataString(selector)}";
            var list = await client.GetAsync(type.Collection(allNamespaces ? null : ns) + query, ct);
            targets.AddRange(list["items"]!.AsArray().Select(item => new ObjectTarget(
                type, (string?)item!["metadata"]!["namespace"], (string)item["metadata"]!["name"]!, [])));
        }

        return targets;
    }
}
