using System.Text.Json.Nodes;

namespace Insula.Cli.Output;

/// <summary>A workload in words, in the order of kubectl describe.</summary>
internal static class WorkloadDescription
{
    private static readonly (string Field, string Title)[] s_counts =
    [
        ("replicas", "total"), ("updatedReplicas", "updated"), ("readyReplicas", "ready"), ("availableReplicas", "available"),
        ("unavailableReplicas", "unavailable"), ("terminatingReplicas", "terminating"),
    ];

    /// <summary>Whether a kind is one of them.</summary>
    public static bool Knows(string kind) => kind is "Deployment" or "ReplicaSet" or "ReplicationController" or "DaemonSet" or "StatefulSet" or "Job" or "CronJob";

    /// <summary>Writes it.</summary>
    /// <param name="at">Where to.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="document">The object.</param>
    /// <param name="owned">What it owns: names and what is to be said of each.</param>
    public static void Write(Outline at, string kind, JsonObject document, IReadOnlyList<(string Name, string Text)> owned)
    {
        var metadata = document["metadata"];
        var spec = document["spec"];
        var status = document["status"];
        at.Field("Name", (string?)metadata?["name"]);
        at.Field("Namespace", (string?)metadata?["namespace"]);
        at.Field("Created", (string?)metadata?["creationTimestamp"]);
        at.Fields("Labels", Pairs(metadata?["labels"]));
        at.Fields("Annotations", Pairs(metadata?["annotations"]).Where(a => !a.Contains("last-applied-configuration", StringComparison.Ordinal)));
        if (Owner(metadata) is { } owner)
        {
            at.Field("Controlled By", owner);
        }

        if (spec?["selector"] is JsonObject selector)
        {
            at.Field("Selector", Selector(selector));
        }

        switch (kind)
        {
            case "Job":
                Fields(at, spec, ("parallelism", "Parallelism"), ("completions", "Completions"), ("completionMode", "Completion Mode"), ("suspend", "Suspend"),
                    ("backoffLimit", "Backoff Limit"), ("backoffLimitPerIndex", "Backoff Limit Per Index"), ("maxFailedIndexes", "Max Failed Indexes"),
                    ("podReplacementPolicy", "Pod Replacement Policy"), ("activeDeadlineSeconds", "Active Deadline"), ("ttlSecondsAfterFinished", "TTL"));
                Fields(at, status, ("startTime", "Start Time"), ("completionTime", "Completed At"), ("completedIndexes", "Completed Indexes"), ("failedIndexes", "Failed Indexes"));
                at.Fields("Success Policy", SuccessRules(spec));
                at.Field("Pods Statuses", $"{Count(status, "active")} active ({Count(status, "ready")} ready), {Count(status, "succeeded")} succeeded, {Count(status, "failed")} failed");
                break;
            case "CronJob":
                Fields(at, spec, ("schedule", "Schedule"), ("timeZone", "Time Zone"), ("concurrencyPolicy", "Concurrency"), ("suspend", "Suspend"),
                    ("startingDeadlineSeconds", "Starting Deadline"), ("successfulJobsHistoryLimit", "Kept Complete"), ("failedJobsHistoryLimit", "Kept Failed"));
                Fields(at, status, ("lastScheduleTime", "Last Scheduled"), ("lastSuccessfulTime", "Last Successful"));
                spec = spec?["jobTemplate"]?["spec"];
                break;
            case "DaemonSet":
                at.Field("Pods", $"{Count(status, "desiredNumberScheduled")} desired, {Count(status, "updatedNumberScheduled")} updated, {Count(status, "numberReady")} ready, {Count(status, "numberAvailable")} available");
                at.Field("Update Strategy", Strategy(spec?["updateStrategy"]));
                break;
            default:
                at.Field("Replicas", string.Join(", ", s_counts.Where(c => status?[c.Field] is not null || c.Field == "replicas")
                    .Select(c => $"{Count(status, c.Field)} {c.Title}").Prepend($"{spec?["replicas"] ?? 1} desired")));
                Fields(at, spec, ("serviceName", "Service"), ("podManagementPolicy", "Pod Management"), ("paused", "Paused"), ("minReadySeconds", "Min Ready Seconds"),
                    ("progressDeadlineSeconds", "Progress Deadline"));
                if ((spec?["strategy"] ?? spec?["updateStrategy"]) is { } strategy)
                {
                    at.Field("Strategy", Strategy(strategy));
                }

                break;
        }

        Template(at.Section("Pod Template"), spec?["template"]);
        Claims(at, spec);
        Conditions(at, status?["conditions"] as JsonArray ?? []);
        if (owned.Count > 0)
        {
            var section = at.Section(kind switch { "Deployment" => "Replica Sets", "CronJob" => "Jobs", _ => "Pods" });
            foreach (var (name, text) in owned)
            {
                section.Field(name, text);
            }
        }
    }

    private static void Template(Outline at, JsonNode? template)
    {
        at.Fields("Labels", Pairs(template?["metadata"]?["labels"]));
        foreach (var (list, title) in (ReadOnlySpan<(string, string)>)[("initContainers", "Init Container"), ("containers", "Container")])
        {
            foreach (var container in (template?["spec"]?[list] as JsonArray ?? []).OfType<JsonObject>())
            {
                at.Field(title, (string?)container["name"]);
                at.Field("  Image", (string?)container["image"]);
                if (container["command"] is JsonArray command)
                {
                    at.Field("  Command", string.Join(' ', command.Select(w => (string?)w)));
                }

                if (container["ports"] is JsonArray ports)
                {
                    at.Field("  Ports", string.Join(", ", ports.Select(p => $"{p?["containerPort"]}/{p?["protocol"] ?? "TCP"}")));
                }
            }
        }
    }

    private static void Claims(Outline at, JsonNode? spec)
    {
        if (spec?["volumeClaimTemplates"] is not JsonArray { Count: > 0 } claims)
        {
            return;
        }

        var section = at.Section("Volume Claims");
        foreach (var claim in claims)
        {
            section.Field((string?)claim?["metadata"]?["name"] ?? "", string.Join(", ", (string[])
            [
                (string?)claim?["spec"]?["resources"]?["requests"]?["storage"] ?? "", .. (claim?["spec"]?["accessModes"] as JsonArray ?? []).Select(m => (string?)m ?? ""),
                .. (string?)claim?["spec"]?["storageClassName"] is { } storage ? [$"class {storage}"] : Array.Empty<string>(),
            ]));
        }

        if (spec["persistentVolumeClaimRetentionPolicy"] is { } policy)
        {
            section.Field("Retention", $"{(string?)policy["whenScaled"]} when scaled, {(string?)policy["whenDeleted"]} when deleted");
        }
    }

    internal static void Conditions(Outline at, JsonArray conditions)
    {
        if (conditions.Count == 0)
        {
            return;
        }

        var section = at.Section("Conditions");
        foreach (var condition in conditions)
        {
            section.Field((string?)condition?["type"] ?? "", $"{(string?)condition?["status"]}  {(string?)condition?["reason"]}: {(string?)condition?["message"]}");
        }
    }

    private static void Fields(Outline at, JsonNode? from, params ReadOnlySpan<(string Field, string Title)> fields)
    {
        foreach (var (field, title) in fields)
        {
            if (from?[field] is { } value)
            {
                at.Field(title, value.ToString());
            }
        }
    }

    private static IEnumerable<string> SuccessRules(JsonNode? spec) => (spec?["successPolicy"]?["rules"] as JsonArray ?? [])
        .Select(r => $"{(r?["succeededCount"] is { } count ? count.ToString() : "all")} of {(string?)r?["succeededIndexes"] ?? "any"}");

    private static string Strategy(JsonNode? strategy) => strategy?["rollingUpdate"] is JsonObject { Count: > 0 } rolling
        ? $"{strategy["type"]} ({string.Join(", ", rolling.Select(p => $"{p.Key} {p.Value}"))})"
        : $"{strategy?["type"]}";

    private static string? Owner(JsonNode? metadata) => (metadata?["ownerReferences"] as JsonArray ?? []).FirstOrDefault(o => (bool?)o?["controller"] == true) is { } owner
        ? $"{(string?)owner["kind"]}/{(string?)owner["name"]}"
        : null;

    private static string Selector(JsonObject selector)
    {
        var labels = selector["matchLabels"] is null && selector["matchExpressions"] is null ? selector : selector["matchLabels"];
        var expressions = (selector["matchExpressions"] as JsonArray ?? []).Select(e => $"{e?["key"]} {e?["operator"]} {e?["values"]?.ToJsonString()}".TrimEnd());
        return string.Join(',', Pairs(labels).Concat(expressions));
    }

    private static int Count(JsonNode? status, string field) => (int?)status?[field] ?? 0;

    private static IEnumerable<string> Pairs(JsonNode? map) => (map as JsonObject)?.Select(pair => $"{pair.Key}={(string?)pair.Value}") ?? [];
}
