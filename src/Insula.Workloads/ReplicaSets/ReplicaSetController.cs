using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Workloads;
using Insula.Workloads.Pods;

namespace Insula.Workloads.ReplicaSets;

/// <summary>Keeps as many pods as are wanted: what a ReplicaSet or ReplicationController does, as a pure function.</summary>
public static class ReplicaSetController
{
    /// <summary>The most pods made or deleted by one decision.</summary>
    public const int Burst = 500;

    /// <summary>How many failed pods stay to be looked at.</summary>
    public const int FailedKept = FailedPods.Kept;

    /// <summary>What is to be done, and what there is to say.</summary>
    /// <param name="replicas">What is wanted.</param>
    /// <param name="pods">The pods that say they are its own, and those of its namespace that nobody manages.</param>
    /// <param name="failure">That the last attempt to make one was refused; null when it was not.</param>
    /// <param name="now">The time.</param>
    public static WorkloadDecision Decide(Replicas replicas, IEnumerable<WorkloadPod> pods, CreateFailure? failure, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(replicas);
        var (mine, changes) = Claims.Of(replicas.Owner, pods);
        var active = mine.Where(p => p.IsActive).ToList();
        DateTimeOffset? later = null;
        if (!replicas.Owner.IsDeleted && changes.Count == 0)
        {
            (changes, later) = Balance(replicas, mine, active, failure, now);
        }

        if (changes.Count > 0)
        {
            // The pods are not yet what the status would say.
            return new(changes, null);
        }

        var unavailable = active.Select(p => p.AvailableFrom(replicas.MinReadySeconds)).Where(t => t > now);
        return new([], ApiJson.ToJson(Status(replicas, mine, active, failure, now)), Soonest.Of(unavailable.Append(later)));
    }

    private static (IReadOnlyList<WorkloadChange> Changes, DateTimeOffset? Later) Balance(
        Replicas replicas, IReadOnlyList<WorkloadPod> mine, List<WorkloadPod> active, CreateFailure? failure, DateTimeOffset now)
    {
        var missing = replicas.Wanted - active.Count;
        if (missing < 0)
        {
            active.Sort(DeletionOrder.Instance);
            return ([.. active.Take(Math.Min(-missing, Burst)).Select(Delete)], null);
        }

        var (surplus, next) = FailedPods.Of(mine);
        if (surplus.Count > 0)
        {
            return ([.. surplus.Select(Delete)], null);
        }

        if (missing == 0)
        {
            return ([], null);
        }

        next = Later(next, failure?.Until);
        return next > now
            ? ([], next)
            : ([.. Enumerable.Range(0, Math.Min(missing, Burst)).Select(_ => Create(replicas))], null);
    }

    private static DateTimeOffset? Later(DateTimeOffset? left, DateTimeOffset? right) => left is null || right > left ? right : left;

    private static WorkloadChange.Create Create(Replicas replicas) => new WorkloadChange.Create(
        "pods", PodTemplate.Pod(replicas.Owner, replicas.Template), new(EventTypes.Normal, "SuccessfulCreate", "Created pod: {0}"));

    private static WorkloadChange.Delete Delete(WorkloadPod pod) =>
        new WorkloadChange.Delete("pods", pod.Name, pod.Uid, new(EventTypes.Normal, "SuccessfulDelete", $"Deleted pod: {pod.Name}"));

    private static ReplicaSetStatus Status(Replicas replicas, IReadOnlyList<WorkloadPod> mine, List<WorkloadPod> active, CreateFailure? failure, DateTimeOffset now)
    {
        var labels = (replicas.Template["metadata"]?["labels"]?.AsObject() ?? []).ToDictionary(l => l.Key, l => l.Value?.ToString());
        var conditions = failure is null
            ? Conditions.Remove(replicas.Status.Conditions, ConditionTypes.ReplicaFailure)
            : Conditions.Set(replicas.Status.Conditions, new WorkloadCondition
            {
                Type = ConditionTypes.ReplicaFailure,
                Status = ConditionStatuses.True,
                Reason = "FailedCreate",
                Message = failure.Message,
                LastTransitionTime = failure.Since,
            });
        return new()
        {
            Replicas = active.Count,
            FullyLabeledReplicas = Counts.OrNone(active.Count(p => labels.All(l => p.Labels.TryGetValue(l.Key, out var value) && value == l.Value))),
            ReadyReplicas = Counts.OrNone(active.Count(p => p.IsReady)),
            AvailableReplicas = Counts.OrNone(active.Count(p => p.AvailableFrom(replicas.MinReadySeconds) <= now)),
            TerminatingReplicas = Counts.OrNone(mine.Count(p => p is { IsDeleted: true, IsFinished: false })),
            ObservedGeneration = replicas.Owner.Metadata.Generation,
            Conditions = conditions,
        };
    }
}
