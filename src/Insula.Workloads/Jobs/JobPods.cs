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
        var wanted = job.Spec.Completions is { } completions ? Math.Min(completions - count.Succeeded - count.FailedIndexes.Count, parallelism)
            : count.Succeeded > 0 ? Math.Min(active.Count, parallelism) : parallelism;
        var surplus = Surplus(job, count, active, Math.Max(0, wanted));
        if (surplus.Count > 0)
        {
            return ([.. surplus.Select(Drop)], null);
        }

        // Of those that have failed already, being deleted, nothing is waited for: they may be kept until they are replaced.
        var ending = ReplacesLate(job) ? pods.Where(p => p is { IsDeleted: true, IsFinished: false } && !count.HasFailed(p)).ToList() : [];
        var missing = Math.Min(wanted - active.Count - ending.Count, ReplicaSetController.Burst);
        if (missing <= 0)
        {
            return ([], null);
        }

        var next = count.PerIndex is null ? Next(pods, failure) : failure?.Until;
        if (next > now)
        {
            return ([], next);
        }

        if (!count.IsIndexed)
        {
            return ([.. Enumerable.Range(0, missing).Select(_ => Create(owner, job))], null);
        }

        var due = new List<WorkloadChange>();
        DateTimeOffset? later = null;
        foreach (var index in Free(job, count, active.Concat(ending)))
        {
            if (due.Count == missing)
            {
                break;
            }

            var from = count.PerIndex?.NotBefore(index) ?? DateTimeOffset.MinValue;
            if (from > now)
            {
                // The others do not wait for it.
                later = Soonest.Of(later, from);
                continue;
            }

            due.Add(Create(owner, job, index, count.PerIndex?.Before(index)));
        }

        return (due, later);
    }

    /// <summary>Whether a pod that is being deleted is replaced when it has ended, and no sooner.</summary>
    public static bool ReplacesLate(Job job) => (job.Spec.PodReplacementPolicy ?? (job.Spec.PodFailurePolicy is null ? "TerminatingOrFailed" : "Failed")) == "Failed";

    /// <summary>How long to wait after so many failures and one more.</summary>
    public static TimeSpan BackOff(long before) =>
        before > 6 ? s_longestDelay : TimeSpan.FromTicks(Math.Min(s_longestDelay.Ticks, s_firstDelay.Ticks << (int)before));

    /// <summary>Deletes a pod that is not wanted any more: its end says nothing, and is not counted. First it is let go.</summary>
    public static WorkloadChange Drop(WorkloadPod pod) => pod.Finalizers.Contains(WorkloadLabels.JobTracking) ? JobCount.Release(pod) : Delete(pod);

    public static WorkloadChange Delete(WorkloadPod pod) =>
        new WorkloadChange.Delete("pods", pod.Name, pod.Uid, new(EventTypes.Normal, "SuccessfulDelete", $"Deleted pod: {pod.Name}"));

    // One that was let go already goes on going.
    private static bool IsTracked(WorkloadPod pod) => pod.Finalizers.Contains(WorkloadLabels.JobTracking);

    private static List<WorkloadPod> Surplus(Job job, JobCount count, List<WorkloadPod> active, int wanted)
    {
        var surplus = new List<WorkloadPod>();
        if (count.IsIndexed)
        {
            // Of two with one index the older one stays; what has succeeded, or is no index any more, is needed by nobody.
            var seen = new HashSet<int>();
            surplus.AddRange(active.OrderByDescending(IsTracked).ThenBy(p => p.Created).ThenBy(p => p.Name, StringComparer.Ordinal)
                .Where(p => p.CompletionIndex is not { } index || index < 0 || index >= (job.Spec.Completions ?? 0)
                    || count.Indexes.Contains(index) || count.FailedIndexes.Contains(index) || !seen.Add(index)));
        }

        surplus.AddRange(active.Except(surplus).OrderBy(IsTracked).ThenBy(p => p, DeletionOrder.Instance).Take(Math.Max(0, active.Count - surplus.Count - wanted)));
        return surplus;
    }

    private static IEnumerable<int> Free(Job job, JobCount count, IEnumerable<WorkloadPod> taken)
    {
        var used = taken.Select(p => p.CompletionIndex).OfType<int>().ToHashSet();
        return Enumerable.Range(0, job.Spec.Completions ?? 0).Where(i => !count.Indexes.Contains(i) && !count.FailedIndexes.Contains(i) && !used.Contains(i));
    }

    // Each failure since the last success doubles the wait after the latest one.
    private static DateTimeOffset? Next(IReadOnlyList<WorkloadPod> pods, CreateFailure? failure)
    {
        var success = pods.Where(p => p.Phase == PodPhases.Succeeded).Select(p => p.Ended).DefaultIfEmpty(DateTimeOffset.MinValue).Max();
        var failures = pods.Where(p => p.Phase == PodPhases.Failed && p.Ended > success).ToList();
        DateTimeOffset? next = failures.Count == 0 ? null
            : failures.Max(p => p.Ended) + BackOff(failures.Count - 1);
        return next is null || failure?.Until > next ? failure?.Until : next;
    }

    private static WorkloadChange.Create Create(PodOwner owner, Job job, int? index = null, (int Counted, int Ignored)? before = null)
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
            if (before is { } failures)
            {
                PodTemplate.Set(pod, "annotations", WorkloadLabels.IndexFailureCount, failures.Counted.ToString(CultureInfo.InvariantCulture));
                if (failures.Ignored > 0)
                {
                    PodTemplate.Set(pod, "annotations", WorkloadLabels.IndexIgnoredFailureCount, failures.Ignored.ToString(CultureInfo.InvariantCulture));
                }
            }

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
