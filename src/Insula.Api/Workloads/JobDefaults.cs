using System.Text.Json.Nodes;

namespace Insula.Api.Workloads;

/// <summary>Fills in what Jobs and CronJobs do not say, as Kubernetes does (batch/v1 defaults). Documents are changed in place.</summary>
public static class JobDefaults
{
    /// <summary>A Job, which is returned.</summary>
    public static JsonObject Job(JsonObject document)
    {
        var spec = WorkloadDefaults.Spec(document);
        Fill(spec);
        return document;
    }

    /// <summary>A CronJob, which is returned.</summary>
    public static JsonObject CronJob(JsonObject document)
    {
        var spec = WorkloadDefaults.Spec(document);
        spec["concurrencyPolicy"] ??= "Allow";
        spec["suspend"] ??= false;
        spec["successfulJobsHistoryLimit"] ??= 3;
        spec["failedJobsHistoryLimit"] ??= 1;
        if (spec["jobTemplate"]?["spec"] is JsonObject job)
        {
            // The Jobs get their defaults when they are made; their pods' are seen here, too.
            WorkloadDefaults.Template(job);
        }

        return document;
    }

    /// <summary>Gives a Job that is made the labels by which it knows its pods, unless they are given by hand.</summary>
    /// <param name="document">The Job.</param>
    /// <param name="uid">Its uid.</param>
    public static void Identify(JsonObject document, string uid)
    {
        ArgumentNullException.ThrowIfNull(document);
        if (document["spec"] is not JsonObject spec || IsManual(spec) || spec["template"] is not JsonObject template)
        {
            return;
        }

        spec["selector"] ??= new JsonObject { ["matchLabels"] = new JsonObject { [WorkloadLabels.JobUid] = uid } };
        var labels = Labels(template);
        var name = document["metadata"]?["name"]?.ToString();
        foreach (var (key, value) in (ReadOnlySpan<(string, string?)>)
            [(WorkloadLabels.JobUid, uid), (WorkloadLabels.OldJobUid, uid), (WorkloadLabels.JobName, name), (WorkloadLabels.OldJobName, name)])
        {
            labels[key] = value;
        }
    }

    /// <summary>Keeps those labels where an update does not name them.</summary>
    public static void CarryOver(JsonObject old, JsonObject document)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(document);
        if (old["spec"] is not JsonObject before || document["spec"] is not JsonObject after || IsManual(before))
        {
            return;
        }

        after["selector"] ??= before["selector"]?.DeepClone();
        if (after["template"] is JsonObject template && before["template"]?["metadata"]?["labels"] is JsonObject known)
        {
            var labels = Labels(template);
            foreach (var key in (ReadOnlySpan<string>)[WorkloadLabels.JobUid, WorkloadLabels.OldJobUid, WorkloadLabels.JobName, WorkloadLabels.OldJobName])
            {
                labels[key] ??= known[key]?.DeepClone();
            }
        }
    }

    private static void Fill(JsonObject spec)
    {
        if (spec["completions"] is null && spec["parallelism"] is null)
        {
            spec["completions"] = 1;
        }

        spec["parallelism"] ??= 1;
        spec["backoffLimit"] ??= spec["backoffLimitPerIndex"] is null ? 6 : int.MaxValue;
        spec["completionMode"] ??= "NonIndexed";
        spec["suspend"] ??= false;
        spec["podReplacementPolicy"] ??= spec["podFailurePolicy"] is null ? "TerminatingOrFailed" : "Failed";
        foreach (var condition in (spec["podFailurePolicy"]?["rules"] as JsonArray ?? []).SelectMany(r => r?["onPodConditions"] as JsonArray ?? []).OfType<JsonObject>())
        {
            condition["status"] ??= "True";
        }
    }

    private static bool IsManual(JsonObject spec) => spec["manualSelector"] is JsonValue value && value.TryGetValue(out bool manual) && manual;

    private static JsonObject Labels(JsonObject template)
    {
        if (template["metadata"] is not JsonObject metadata)
        {
            template["metadata"] = metadata = [];
        }

        if (metadata["labels"] is not JsonObject labels)
        {
            metadata["labels"] = labels = [];
        }

        return labels;
    }
}
