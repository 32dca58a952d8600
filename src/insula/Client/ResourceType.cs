using System.Text.Json.Nodes;

namespace Insula.Cli.Client;

/// <summary>A kind of object as the daemon's discovery lists it.</summary>
/// <param name="Kind">As manifests say it: Pod.</param>
/// <param name="GroupVersion">v1, or group/version.</param>
/// <param name="Plural">As paths say it: pods.</param>
/// <param name="Singular">As people say it: pod.</param>
/// <param name="ShortNames">po.</param>
/// <param name="Namespaced">Whether it lives in a namespace.</param>
internal sealed record ResourceType(
    string Kind, string GroupVersion, string Plural, string Singular, IReadOnlyList<string> ShortNames, bool Namespaced)
{
    /// <summary>The path of all objects of the kind, of one namespace or of all (null).</summary>
    public string Collection(string? ns)
    {
        var root = GroupVersion.Contains('/', StringComparison.Ordinal) ? $"/apis/{GroupVersion}" : $"/api/{GroupVersion}";
        return Namespaced && ns is not null ? $"{root}/namespaces/{Uri.EscapeDataString(ns)}/{Plural}" : $"{root}/{Plural}";
    }

    public bool Is(string word) =>
        word.Equals(Plural, StringComparison.OrdinalIgnoreCase)
        || word.Equals(Singular, StringComparison.OrdinalIgnoreCase)
        || word.Equals(Kind, StringComparison.OrdinalIgnoreCase)
        || ShortNames.Contains(word, StringComparer.OrdinalIgnoreCase)
        || (GroupVersion.Contains('/', StringComparison.Ordinal)
            && word.Equals($"{Plural}.{GroupVersion[..GroupVersion.IndexOf('/', StringComparison.Ordinal)]}", StringComparison.OrdinalIgnoreCase));

    /// <summary>All kinds that the daemon serves.</summary>
    public static async Task<IReadOnlyList<ResourceType>> DiscoverAsync(ApiClient client, CancellationToken ct)
    {
        var types = new List<ResourceType>();
        Add(types, "v1", await client.GetAsync("/api/v1", ct));
        var groups = await client.GetAsync("/apis", ct);
        foreach (var group in groups["groups"]?.AsArray() ?? [])
        {
            var version = (string?)group?["preferredVersion"]?["groupVersion"];
            if (version is not null)
            {
                Add(types, version, await client.GetAsync($"/apis/{version}", ct));
            }
        }

        return types;
    }

    private static void Add(List<ResourceType> types, string groupVersion, JsonObject list)
    {
        foreach (var entry in list["resources"]?.AsArray() ?? [])
        {
            var plural = (string)entry!["name"]!;
            var verbs = entry["verbs"]?.AsArray().Select(v => (string?)v).ToList() ?? [];
            if (plural.Contains('/', StringComparison.Ordinal) || !verbs.Contains("list"))
            {
                continue;
            }

            var kind = (string)entry["kind"]!;
            var singular = (string?)entry["singularName"];
            types.Add(new ResourceType(
                kind, groupVersion, plural,
                string.IsNullOrEmpty(singular) ? kind.ToLowerInvariant() : singular,
                [.. (entry["shortNames"]?.AsArray() ?? []).Select(n => (string)n!)],
                (bool?)entry["namespaced"] ?? false));
        }
    }
}
