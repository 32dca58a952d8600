using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary>How far an update is, in kubectl's words.</summary>
internal static class RolloutStatus
{
    public static void Require(ObjectTarget target, params string[] kinds)
    {
        if (!kinds.Contains(target.Type.Kind))
        {
            throw new CommandException($"{target.Reference}: only {string.Join(", ", kinds)} {(kinds.Length == 1 ? "has" : "have")} this");
        }
    }

    /// <summary>A sentence, and whether nothing more will come.</summary>
    /// <exception cref="CommandException">The update has failed, or the kind has none.</exception>
    public static (string Text, bool Done) Of(string kind, string reference, JsonObject document)
    {
        var spec = document["spec"];
        var status = document["status"];
        if ((long?)document["metadata"]?["generation"] > ((long?)status?["observedGeneration"] ?? 0))
        {
            return ($"Waiting for {reference} to be looked at...", false);
        }

        var name = (string?)document["metadata"]?["name"];
        return kind switch
        {
            "Deployment" => Deployment(name, spec, status),
            "DaemonSet" => DaemonSet(name, spec, status),
            "StatefulSet" => StatefulSet(name, spec, status),
            _ => throw new CommandException($"{reference}: only Deployments, DaemonSets and StatefulSets have updates"),
        };
    }

    private static (string, bool) Deployment(string? name, JsonNode? spec, JsonNode? status)
    {
        var progressing = (status?["conditions"] as JsonArray ?? []).FirstOrDefault(c => (string?)c?["type"] == "Progressing");
        if ((string?)progressing?["reason"] == "ProgressDeadlineExceeded")
        {
            throw new CommandException($"deployment \"{name}\" exceeded its progress deadline; `insula describe deployment {name}` says why");
        }

        var wanted = (int?)spec?["replicas"] ?? 1;
        var updated = Count(status, "updatedReplicas");
        var all = Count(status, "replicas");
        var available = Count(status, "availableReplicas");
        return updated < wanted ? ($"Waiting for deployment \"{name}\" rollout to finish: {updated} out of {wanted} new replicas have been updated...", false)
            : all > updated ? ($"Waiting for deployment \"{name}\" rollout to finish: {all - updated} old replicas are pending termination...", false)
            : available < updated ? ($"Waiting for deployment \"{name}\" rollout to finish: {available} of {updated} updated replicas are available...", false)
            : ($"deployment \"{name}\" successfully rolled out", true);
    }

    private static (string, bool) DaemonSet(string? name, JsonNode? spec, JsonNode? status)
    {
        RequireRolling("daemon set", name, spec);
        var wanted = Count(status, "desiredNumberScheduled");
        var updated = Count(status, "updatedNumberScheduled");
        var available = Count(status, "numberAvailable");
        return updated < wanted ? ($"Waiting for daemon set \"{name}\" rollout to finish: {updated} out of {wanted} new pods have been updated...", false)
            : available < wanted ? ($"Waiting for daemon set \"{name}\" rollout to finish: {available} of {wanted} updated pods are available...", false)
            : ($"daemon set \"{name}\" successfully rolled out", true);
    }

    private static (string, bool) StatefulSet(string? name, JsonNode? spec, JsonNode? status)
    {
        RequireRolling("statefulset", name, spec);
        var wanted = (int?)spec?["replicas"] ?? 1;
        var ready = Count(status, "readyReplicas");
        var updated = Count(status, "updatedReplicas");
        if ((int?)spec?["updateStrategy"]?["rollingUpdate"]?["partition"] is > 0 and { } partition)
        {
            var few = Math.Max(0, wanted - partition);
            return updated < few ? ($"Waiting for partitioned roll out to finish: {updated} out of {few} new pods have been updated...", false)
                : ready < wanted ? ($"Waiting for {wanted - ready} pods to be ready...", false)
                : ($"partitioned roll out complete: {updated} new pods have been updated...", true);
        }

        return ready < wanted ? ($"Waiting for {wanted - ready} pods to be ready...", false)
            : updated < wanted ? ($"waiting for statefulset rolling update to complete {updated} pods at revision {(string?)status?["updateRevision"]}...", false)
            : ($"statefulset \"{name}\" rolling update complete {wanted} pods at revision {(string?)status?["updateRevision"]}...", true);
    }

    private static void RequireRolling(string what, string? name, JsonNode? spec)
    {
        if ((string?)spec?["updateStrategy"]?["type"] == "OnDelete")
        {
            throw new CommandException($"{what} \"{name}\" replaces pods when they are deleted (OnDelete): there is no update to wait for");
        }
    }

    private static int Count(JsonNode? status, string field) => (int?)status?[field] ?? 0;
}
