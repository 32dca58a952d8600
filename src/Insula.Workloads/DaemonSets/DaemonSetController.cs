using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Selectors;
using Insula.Api.Values;
using Insula.Api.Workloads;
using Insula.Workloads.Pods;
using Insula.Workloads.Revisions;

namespace Insula.Workloads.DaemonSets;

/// <summary>Keeps one pod on this machine, which is all machines there are: what a DaemonSet does, as a pure function.</summary>
public static class DaemonSetController
{
    /// <summary>What is to be done, and what there is to say.</summary>
    /// <param name="set">What is wanted.</param>
    /// <param name="pods">The pods that say they are its own, and those of its namespace that nobody manages.</param>
    /// <param name="revisions">The revisions of its namespace.</param>
    /// <param name="failure">That the last attempt to make one was refused; null when it was not.</param>
    /// <param name="now">The time.</param>
    public static WorkloadDecision Decide(DaemonSet set, IEnumerable<WorkloadPod> pods, IEnumerable<ControllerRevision> revisions, CreateFailure? failure, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(set);
        var owner = new PodOwner("apps/v1", "DaemonSet", set.Metadata, set.Spec.Selector?.ToSelector() ?? LabelSelector.Everything);
        var (mine, claims) = Claims.Of(owner, pods);
        if (claims.Count > 0)
        {
            return new(claims, null);
        }

        var history = RevisionHistory.Of(owner, set.Spec.Template, revisions);
        if (history.Changes.Count > 0)
        {
            return new(history.Changes, null);
        }

        var hash = history.Present[(set.Metadata.Name.Length + 1)..];
        var minReady = set.Spec.MinReadySeconds ?? 0;
        var active = mine.Where(p => p.IsActive).OrderBy(p => p.Created).ThenBy(p => p.Name, StringComparer.Ordinal).ToList();
        var present = active.Where(p => p.Labels.GetValueOrDefault(WorkloadLabels.ControllerRevisionHash) == hash).ToList();
        var (changes, later) = owner.IsDeleted ? ([], null) : Balance(set, owner, mine, active, present, hash, failure, now);
        if (changes.Count == 0 && !owner.IsDeleted)
        {
            changes = history.Surplus(set.Spec.RevisionHistoryLimit, mine.Select(p => $"{set.Metadata.Name}-{p.Labels.GetValueOrDefault(WorkloadLabels.ControllerRevisionHash)}").ToHashSet());
        }

        if (changes.Count > 0)
        {
            return new(changes, null);
        }

        var available = active.Any(p => p.AvailableFrom(minReady) <= now) ? 1 : 0;
        var status = new DaemonSetStatus
        {
            CurrentNumberScheduled = Math.Min(1, active.Count),
            DesiredNumberScheduled = 1,
            NumberReady = active.Any(p => p.IsReady) ? 1 : 0,
            UpdatedNumberScheduled = Counts.OrNone(Math.Min(1, present.Count)),
            NumberAvailable = Counts.OrNone(available),
            NumberUnavailable = Counts.OrNone(1 - available),
            ObservedGeneration = set.Metadata.Generation,
        };
        return new([], ApiJson.ToJson(status), Soonest.Of(active.Select(p => p.AvailableFrom(minReady)).Where(t => t > now).Append(later)));
    }

    private static (IReadOnlyList<WorkloadChange> Changes, DateTimeOffset? Later) Balance(
        DaemonSet set, PodOwner owner, IReadOnlyList<WorkloadPod> mine, List<WorkloadPod> active, List<WorkloadPod> present, string hash, CreateFailure? failure, DateTimeOffset now)
    {
        var old = active.Except(present).ToList();
        var rolls = set.Spec.UpdateStrategy?.Type != UpdateTypes.OnDelete;
        var surges = rolls && Portion.Of(set.Spec.UpdateStrategy?.RollingUpdate?.MaxSurge ?? new IntOrString(0), 1, roundUp: true) > 0;
        var (surplus, next) = FailedPods.Of(mine);
        var gone = surplus.Concat(present.Skip(1)).ToList();
        if (present.Count > 0 ? present[0].AvailableFrom(set.Spec.MinReadySeconds ?? 0) <= now : rolls && !surges)
        {
            // Its successor serves, or comes when it is gone.
            gone.AddRange(old);
        }
        else if (rolls)
        {
            // Who serves nobody needs not be waited for.
            gone.AddRange(old.Where(p => !p.IsReady));
        }
        else
        {
            gone.AddRange(old.Skip(1));
        }

        if (gone.Count > 0)
        {
            return ([.. gone.Distinct().Select(p => new WorkloadChange.Delete("pods", p.Name, p.Uid, new(EventTypes.Normal, "SuccessfulDelete", $"Deleted pod: {p.Name}")))], null);
        }

        if (present.Count > 0 || (old.Count > 0 && !surges) || (mine.Any(p => p is { IsDeleted: true, IsFinished: false }) && !surges))
        {
            return ([], null);
        }

        next = next is null || failure?.Until > next ? failure?.Until : next;
        if (next > now)
        {
            return ([], next);
        }

        var pod = PodTemplate.Pod(owner, set.Spec.Template);
        PodTemplate.Set(pod, "labels", WorkloadLabels.ControllerRevisionHash, hash);
        return ([new WorkloadChange.Create("pods", pod, new(EventTypes.Normal, "SuccessfulCreate", "Created pod: {0}"))], null);
    }
}
