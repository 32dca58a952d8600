using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Api.Workloads;

namespace Insula.Api.Printing;

/// <summary>The cells of workloads, as kubectl shows them: those between name and age, and the wide ones behind.</summary>
internal static class WorkloadCells
{
    private const string None = "<none>";

    public static JsonNode?[] Of(Deployment deployment) =>
    [
        $"{deployment.Status.ReadyReplicas ?? 0}/{deployment.Spec.Replicas ?? 1}",
        deployment.Status.UpdatedReplicas ?? 0,
        deployment.Status.AvailableReplicas ?? 0,
    ];

    public static JsonNode?[] Of(int? wanted, ReplicaSetStatus status) => [wanted ?? 1, status.Replicas, status.ReadyReplicas ?? 0];

    public static JsonNode?[] Of(DaemonSet set) =>
    [
        set.Status.DesiredNumberScheduled, set.Status.CurrentNumberScheduled, set.Status.NumberReady,
        set.Status.UpdatedNumberScheduled ?? 0, set.Status.NumberAvailable ?? 0, None,
    ];

    /// <summary>Who controls an object, as kubectl writes it: statefulset.apps/db.</summary>
    public static string Controller(ObjectMeta metadata) =>
        metadata.OwnerReferences.FirstOrDefault(o => o.Controller == true) is not { } owner ? None
            : owner.ApiVersion.Split('/') is [var group, _] ? $"{owner.Kind.ToLowerInvariant()}.{group}/{owner.Name}" : $"{owner.Kind.ToLowerInvariant()}/{owner.Name}";

    public static JsonNode?[] Of(StatefulSet set) => [$"{set.Status.ReadyReplicas ?? 0}/{set.Spec.Replicas ?? 1}"];

    public static JsonNode?[] Of(Job job, DateTimeOffset now)
    {
        var completions = job.Spec.Completions is { } wanted ? $"{job.Status.Succeeded ?? 0}/{wanted}"
            : (job.Spec.Parallelism ?? 1) > 1 ? $"{job.Status.Succeeded ?? 0}/1 of {job.Spec.Parallelism}" : $"{job.Status.Succeeded ?? 0}/1";
        var duration = job.Status.StartTime is not { } start ? "" : HumanDuration.Format((job.Status.CompletionTime ?? EndOf(job) ?? now) - start);
        return [StateOf(job), completions, duration];
    }

    public static JsonNode?[] Of(CronJob job, DateTimeOffset now) =>
    [
        job.Spec.Schedule,
        string.IsNullOrEmpty(job.Spec.TimeZone) ? None : job.Spec.TimeZone,
        job.Spec.Suspend == true ? "True" : "False",
        job.Status.Active.Count,
        job.Status.LastScheduleTime is { } last ? HumanDuration.Format(now - last) : None,
    ];

    /// <summary>Containers, images and, where there is one, the selector.</summary>
    public static JsonNode?[] Wide(JsonObject template, params IEnumerable<string> selector)
    {
        var containers = ApiJson.Read<PodTemplateSpec>(template).Spec.Containers;
        return [string.Join(',', containers.Select(c => c.Name)), string.Join(',', containers.Select(c => c.Image)), .. selector.Select(s => (JsonNode?)s)];
    }

    public static string Selector(LabelSelectorFields? selector) =>
        selector?.ToSelector().ToString() is { Length: > 0 } text ? text : None;

    private static string StateOf(Job job) =>
        Has(job, ConditionTypes.Complete) ? "Complete"
        : Has(job, ConditionTypes.Failed) ? "Failed"
        : job.Metadata.DeletionTimestamp is not null ? "Terminating"
        : Has(job, ConditionTypes.Suspended) ? "Suspended"
        : Has(job, ConditionTypes.FailureTarget) ? "FailureTarget"
        : Has(job, ConditionTypes.SuccessCriteriaMet) ? "SuccessCriteriaMet"
        : "Running";

    private static DateTimeOffset? EndOf(Job job) =>
        job.Status.Conditions.FirstOrDefault(c => c.Type == ConditionTypes.Failed && c.Status == ConditionStatuses.True)?.LastTransitionTime;

    private static bool Has(Job job, string type) => job.Status.Conditions.Any(c => c.Type == type && c.Status == ConditionStatuses.True);
}
