using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Workloads;
using Insula.Workloads.Pods;
using Insula.Workloads.ReplicaSets;

namespace Insula.Workloads.Jobs;

/// <summary>How many pods a Job has, and which: made and deleted.</summary>
internal static class JobPods
{
    private const string IndexVariable = "JOB_COMPLETION_INDEX";

    private static readonly TimeSpan s_firstDelay = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromMinutes(10);

    /// <summary>Makes and deletes what is missing and too much; or says when to look again.</summary>
    public static (IReadOnlyList<WorkloadChange> Changes, DateTimeOffset? Later) Balance(
        Job job, PodOwner owner, JobCount count, IReadOnlyList<WorkloadPod> pods, CreateFailure? failure, DateTimeOffset now)
    {
        var active = pods.Where(p => p.IsActive).ToList();
        var parallelism = job.Spec.Parallelism ?? 1;
        var wanted = job.Spec.Completions is { } completions ? Math.Min(completions - count.Succeeded, parallelism)
            : count.Succeeded > 0 ? Math.Min(active.Count, parallelism) : parallelism;
        var surplus = Surplus(job, count, active, Math.Max(0, wanted));
        if (surplus.Count > 0)
        {
            return ([.. surplus.Select(Delete)], null);
        }

        var replacesLate = (job.Spec.PodReplacementPolicy ?? (job.Spec.PodFailurePolicy is null ? "TerminatingOrFailed" : "Failed")) == "Failed";
        var ending = replacesLate ? pods.Where(p => p is { IsDeleted: true, IsFinished: false }).ToList() : [];
        var missing = Math.Min(wanted - active.Count - ending.Count, ReplicaSetController.Burst);
        if (missing <= 0)
        {
            return ([], null);
        }

        var next = Next(pods, failure);
        if (next > now)
        {
            return ([], next);
        }

        return count.IsIndexed
            ? ([.. Free(job, count, active.Concat(ending)).Take(missing).Select(i => Create(owner, job, i))], null)
            : ([.. Enumerable.Range(0, missing).Select(_ => Create(owner, job, null))], null);
    }

    public static WorkloadChange Delete(WorkloadPod pod) =>
        new WorkloadChange.Delete("pods", pod.Name, pod.Uid, new(EventTypes.Normal, "SuccessfulDelete", $"Deleted pod: {pod.Name}"));

    private static List<WorkloadPod> Surplus(Job job, JobCount count, List<WorkloadPod> active, int wanted)
    {
        var surplus = new List<WorkloadPod>();
        if (count.IsIndexed)
        {
            // Of two with one index the older one stays; what has succeeded, or is no index any more, is needed by nobody.
            var seen = new HashSet<int>();
            surplus.AddRange(active.OrderBy(p => p.Created).ThenBy(p => p.Name, StringComparer.Ordinal)
                .Where(p => p.CompletionIndex is not { } index || index >= (job.Spec.Completions ?? 0) || count.Indexes.Contains(index) || !seen.Add(index)));
        }

        surplus.AddRange(active.Except(surplus).Order(DeletionOrder.Instance).Take(Math.Max(0, active.Count - surplus.Count - wanted)));
        return surplus;
    }

    private static IEnumerable<int> Free(Job job, JobCount count, IEnumerable<WorkloadPod> taken)
    {
        var used = taken.Select(p => p.CompletionIndex).OfType<int>().ToHashSet();
        return Enumerable.Range(0, job.Spec.Completions ?? 0).Where(i => !count.Indexes.Contains(i) && !used.Contains(i));
    }

    // Each failure since the last success doubles the wait after the latest one.
    private static DateTimeOffset? Next(IReadOnlyList<WorkloadPod> pods, CreateFailure? failure)
    {
        var success = pods.Where(p => p.Phase == PodPhases.Succeeded).Select(p => p.Ended).DefaultIfEmpty(DateTimeOffset.MinValue).Max();
        var failures = pods.Where(p => p.Phase == PodPhases.Failed && p.Ended > success).ToList();
        DateTimeOffset? next = failures.Count == 0 ? null
            : failures.Max(p => p.Ended) + (failures.Count > 7 ? s_longestDelay : TimeSpan.FromTicks(Math.Min(s_longestDelay.Ticks, s_firstDelay.Ticks << (failures.Count - 1))));
        return next is null || failure?.Until > next ? failure?.Until : next;
    }

    private static WorkloadChange.Create Create(PodOwner owner, Job job, int? index)
    {
        var pod = PodTemplate.Pod(owner, job.Spec.Template);
        var metadata = pod["metadata"]!.AsObject();
        var finalizers = metadata["finalizers"] as JsonArray ?? [];
        metadata["finalizers"] = new JsonArray([.. finalizers.Select(f => f?.DeepClone()), WorkloadLabels.JobTracking]);
        if (index is { } number)
        {
            var text = number.ToString(CultureInfo.InvariantCulture);
            metadata["generateName"] = $"{owner.Metadata.Name}-{text}-";
            PodTemplate.Set(pod, "labels", WorkloadLabels.CompletionIndex, text);
            PodTemplate.Set(pod, "annotations", WorkloadLabels.CompletionIndex, text);
            var spec = pod["spec"]!.AsObject();
            spec["hostname"] ??= $"{owner.Metadata.Name}-{text}";
            foreach (var container in ((string[])["initContainers", "containers"]).SelectMany(l => spec[l] as JsonArray ?? []).OfType<JsonObject>())
            {
                Number(container);
            }
        }

        return new("pods", pod, new(EventTypes.Normal, "SuccessfulCreate", "Created pod: {0}"));
    }

    private static void Number(JsonObject container)
    {
        var variables = container["env"] as JsonArray ?? [];
        if (variables.All(v => (string?)v?["name"] != IndexVariable))
        {
            container["env"] = new JsonArray(
            [
                .. variables.Select(v => v?.DeepClone()),
                new JsonObject
                {
                    ["name"] = IndexVariable,
                    ["valueFrom"] = new JsonObject { ["fieldRef"] = new JsonObject { ["fieldPath"] = $"metadata.labels['{WorkloadLabels.CompletionIndex}']" } },
                },
            ]);
        }
    }
}
