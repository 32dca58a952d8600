using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary>Pods as arguments name them: POD, pod/POD, or a workload or Service that has some.</summary>
internal static class PodName
{
    /// <summary>The pod that is named; no other kind has a name here.</summary>
    public static string Of(string word) => OfPod(word) ?? throw new CommandException($"\"{word}\": only pods have this; write POD or pod/POD");

    /// <summary>The pod that is named; of a workload or Service its ready one that came last, or else the last. Which of several is told.</summary>
    public static async Task<string> FindAsync(ApiClient client, string ns, string word, CancellationToken ct)
    {
        if (OfPod(word) is { } name)
        {
            return name;
        }

        var target = (await Targets.ResolveAsync(client, [word], ns, selector: null, all: false, allNamespaces: false, ct))[0];
        if (Selector((await client.GetAsync(target.Path, ct))["spec"]?["selector"] as JsonObject) is not { } selector)
        {
            throw new CommandException($"{target.Reference} has no pods of its own; write POD or pod/POD");
        }

        var list = await client.GetAsync($"/api/v1/namespaces/{Uri.EscapeDataString(ns)}/pods?labelSelector={Uri.EscapeDataString(selector)}", ct);
        var pods = (list["items"] as JsonArray ?? []).OfType<JsonObject>()
            .OrderByDescending(IsReady).ThenByDescending(p => (string?)p["metadata"]?["creationTimestamp"], StringComparer.Ordinal)
            .Select(p => (string)p["metadata"]!["name"]!).ToList();
        if (pods.Count == 0)
        {
            throw new CommandException($"{target.Reference} has no pods now");
        }

        if (pods.Count > 1)
        {
            await Console.Error.WriteLineAsync($"Found {pods.Count} pods, using pod/{pods[0]}");
        }

        return pods[0];
    }

    public static string Path(string ns, string name) =>
        $"/api/v1/namespaces/{Uri.EscapeDataString(ns)}/pods/{Uri.EscapeDataString(name)}";

    /// <summary>A selector of an object in the words of a query; null when it has none.</summary>
    internal static string? Selector(JsonObject? selector)
    {
        if (selector is not { Count: > 0 })
        {
            return null;
        }

        // A Service's and a ReplicationController's are the labels themselves.
        if (!selector.ContainsKey("matchLabels") && !selector.ContainsKey("matchExpressions"))
        {
            return string.Join(',', selector.Select(l => $"{l.Key}={(string?)l.Value}"));
        }

        var labels = (selector["matchLabels"] as JsonObject ?? []).Select(l => $"{l.Key}={(string?)l.Value}");
        var expressions = (selector["matchExpressions"] as JsonArray ?? []).Select(e => (Key: (string?)e?["key"], Values: string.Join(',', (e?["values"] as JsonArray ?? []).Select(v => (string?)v)), Operator: (string?)e?["operator"]))
            .Select(e => e.Operator switch
            {
                "In" => $"{e.Key} in ({e.Values})",
                "NotIn" => $"{e.Key} notin ({e.Values})",
                "Exists" => $"{e.Key}",
                _ => $"!{e.Key}",
            });
        return string.Join(',', labels.Concat(expressions));
    }

    private static bool IsReady(JsonObject pod) =>
        (pod["status"]?["conditions"] as JsonArray ?? []).Any(c => (string?)c?["type"] == "Ready" && (string?)c?["status"] == "True");

    private static string? OfPod(string word)
    {
        var slash = word.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? word : word[..slash] is "pod" or "pods" or "po" ? word[(slash + 1)..] : null;
    }
}
