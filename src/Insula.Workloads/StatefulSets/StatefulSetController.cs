using System.Globalization;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Selectors;
using Insula.Api.Workloads;
using Insula.Workloads.Pods;
using Insula.Workloads.Revisions;

namespace Insula.Workloads.StatefulSets;

/// <summary>
/// Keeps pods with names that stay, one after the other: what a StatefulSet does, as a pure function. All pods from the partition on follow the
/// present template, and one of them that has an old template and is not ready is replaced without being waited for; those below it keep, and come
/// back with, the template that all had before.
/// </summary>
public static class StatefulSetController
{
    private static readonly TimeSpan s_failedDelay = TimeSpan.FromSeconds(10);

    /// <summary>What is to be done, and what there is to say.</summary>
    /// <param name="set">What is wanted.</param>
    /// <param name="pods">The pods that say they are its own, and those of its namespace that nobody manages.</param>
    /// <param name="claims">The claims of its namespace.</param>
    /// <param name="revisions">The revisions of its namespace.</param>
    /// <param name="failure">That the last attempt to make one was refused; null when it was not.</param>
    /// <param name="now">The time.</param>
    public static WorkloadDecision Decide(
        StatefulSet set, IEnumerable<WorkloadPod> pods, IEnumerable<SetClaim> claims, IEnumerable<ControllerRevision> revisions, CreateFailure? failure, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(claims);
        var owner = new PodOwner("apps/v1", "StatefulSet", set.Metadata, set.Spec.Selector?.ToSelector() ?? LabelSelector.Everything);

        // What nobody manages is its own by name, too.
        var (mine, adoptions) = Claims.Of(owner, pods.Where(p => p.Controller is not null || Ordinal(set, p) is not null));
        if (adoptions.Count > 0)
        {
            return new(adoptions, null);
        }

        var history = RevisionHistory.Of(owner, set.Spec.Template, revisions);
        if (history.Changes.Count > 0)
        {
            return new(history.Changes, null);
        }

        // One that is not kept can be had by no pod any more.
        var current = set.Status.CurrentRevision is { } name && history.Template(name) is not null ? name : history.Present;
        var (changes, later) = owner.IsDeleted ? ([], null) : Step(set, owner, mine, claims.ToDictionary(c => c.Name), history, current, failure, now);
        if (changes.Count > 0)
        {
            return new(changes, null, later);
        }

        var status = Status(set, mine, history, current, now);
        var used = mine.Select(p => Revision(p) ?? "").Append(status.CurrentRevision!).ToHashSet();
        return history.Surplus(set.Spec.RevisionHistoryLimit, used) is { Count: > 0 } surplus && !owner.IsDeleted
            ? new(surplus, null, later) : new([], ApiJson.ToJson(status), later);
    }

    /// <summary>The number in a pod's name; null when it is no name of the set's.</summary>
    internal static int? Ordinal(StatefulSet set, WorkloadPod pod) =>
        pod.Name.StartsWith(set.Metadata.Name + "-", StringComparison.Ordinal)
        && int.TryParse(pod.Name.AsSpan(set.Metadata.Name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal)
            ? ordinal
            : null;

    private static string? Revision(WorkloadPod pod) => pod.Labels.GetValueOrDefault(WorkloadLabels.ControllerRevisionHash);

    private static (IReadOnlyList<WorkloadChange> Changes, DateTimeOffset? Later) Step(
        StatefulSet set, PodOwner owner, IReadOnlyList<WorkloadPod> mine, IReadOnlyDictionary<string, SetClaim> claims,
        RevisionHistory history, string current, CreateFailure? failure, DateTimeOffset now)
    {
        var ordered = set.Spec.PodManagementPolicy != "Parallel";
        var rolls = set.Spec.UpdateStrategy?.Type != UpdateTypes.OnDelete;
        var minReady = set.Spec.MinReadySeconds ?? 0;
        var start = set.Spec.Ordinals?.Start ?? 0;
        var end = start + (set.Spec.Replicas ?? 1);
        var partition = rolls ? start + (set.Spec.UpdateStrategy?.RollingUpdate?.Partition ?? 0) : start;
        var byOrdinal = mine.Select(p => (Ordinal: Ordinal(set, p), Pod: p)).Where(p => p.Ordinal is not null).ToDictionary(p => p.Ordinal!.Value, p => p.Pod);
        var changes = new List<WorkloadChange>();
        DateTimeOffset? later = null;
        var waits = false;
        if (set.Spec.VolumeClaimTemplates.Count > 0 && ClaimRetention.Changes(set, owner, claims.Values, byOrdinal) is { Count: > 0 } retained)
        {
            return (retained, null);
        }

        for (var ordinal = start; ordinal < end && !(ordered && (waits || changes.Count > 0)); ordinal++)
        {
            if (!byOrdinal.TryGetValue(ordinal, out var pod))
            {
                if (failure?.Until > now)
                {
                    (waits, later) = (true, failure.Until);
                    continue;
                }

                if (ClaimRetention.Missing(set, claims, ordinal) is not { } missing)
                {
                    waits = true;
                    continue;
                }

                changes.AddRange([.. missing, Create(set, owner, ordinal, history, ordinal < partition ? current : history.Present)]);
            }
            else if (pod is { IsFinished: true, IsDeleted: false })
            {
                if (pod.Ended + s_failedDelay > now)
                {
                    (waits, later) = (true, Soonest.Of(later, pod.Ended + s_failedDelay));
                    continue;
                }

                changes.Add(Delete(pod, "RecreatingFailedPod"));
            }
            else if (rolls && ordinal >= partition && pod is { IsDeleted: false, IsReady: false } && Revision(pod) != history.Present)
            {
                changes.Add(Delete(pod, "SuccessfulDelete"));
            }
            else if (pod.IsDeleted || !(pod.AvailableFrom(minReady) <= now))
            {
                waits = true;
                later = Soonest.Of(later, pod.IsDeleted ? null : pod.AvailableFrom(minReady));
            }
        }

        if (changes.Count > 0)
        {
            return (changes, later);
        }

        // Those that are too many: from the highest number down.
        var condemned = ordered && waits ? [] : byOrdinal.Where(p => p.Key < start || p.Key >= end).OrderByDescending(p => p.Key).Select(p => p.Value).ToList();
        if (condemned.Count > 0)
        {
            return condemned.Exists(p => p.IsDeleted) && ordered ? ([], later)
                : ([.. condemned.Where(p => !p.IsDeleted).Take(ordered ? 1 : condemned.Count).Select(p => Delete(p, "SuccessfulDelete"))], later);
        }

        // Those of an old template: the same, as many at a time as may be missing.
        var wanted = byOrdinal.Where(p => p.Key >= start && p.Key < end).ToList();
        var absent = (set.Spec.Replicas ?? 1) - wanted.Count(p => p.Value.IsActive && p.Value.AvailableFrom(minReady) <= now);
        var spare = rolls ? Math.Max(Portion.Of(set.Spec.UpdateStrategy?.RollingUpdate?.MaxUnavailable, set.Spec.Replicas ?? 1, roundUp: false), 1) - absent : 0;
        return ([.. wanted.Where(p => p.Key >= partition && !p.Value.IsDeleted && Revision(p.Value) != history.Present)
            .OrderByDescending(p => p.Key).Take(Math.Max(spare, 0)).Select(p => Delete(p.Value, "SuccessfulDelete"))], later);
    }

    private static WorkloadChange.Create Create(StatefulSet set, PodOwner owner, int ordinal, RevisionHistory history, string revision)
    {
        var number = ordinal.ToString(CultureInfo.InvariantCulture);
        var name = $"{set.Metadata.Name}-{number}";
        var pod = SetClaims.WithVolumes(set, PodTemplate.Pod(owner, history.Template(revision) ?? set.Spec.Template), ordinal);
        var metadata = pod["metadata"]!.AsObject();
        metadata.Remove("generateName");
        metadata["name"] = name;
        PodTemplate.Set(pod, "labels", WorkloadLabels.StatefulSetPodName, name);
        PodTemplate.Set(pod, "labels", WorkloadLabels.PodIndex, number);
        PodTemplate.Set(pod, "labels", WorkloadLabels.ControllerRevisionHash, revision);
        var spec = pod["spec"]!.AsObject();
        spec["hostname"] = name;
        if (!string.IsNullOrEmpty(set.Spec.ServiceName))
        {
            spec["subdomain"] = set.Spec.ServiceName;
        }

        return new("pods", pod, new(EventTypes.Normal, "SuccessfulCreate", $"create Pod {name} in StatefulSet {set.Metadata.Name} successful"));
    }

    private static WorkloadChange.Delete Delete(WorkloadPod pod, string reason) => new("pods", pod.Name, pod.Uid, new(
        reason == "SuccessfulDelete" ? EventTypes.Normal : EventTypes.Warning, reason, $"delete Pod {pod.Name} successful"));

    private static StatefulSetStatus Status(StatefulSet set, IReadOnlyList<WorkloadPod> mine, RevisionHistory history, string before, DateTimeOffset now)
    {
        var replicas = mine.Count(p => p.IsActive);
        var ready = mine.Count(p => p is { IsActive: true, IsReady: true });
        var updated = mine.Count(p => p.IsActive && Revision(p) == history.Present);
        var current = updated == replicas && ready == replicas && replicas == (set.Spec.Replicas ?? 1) ? history.Present : before;
        return new()
        {
            ObservedGeneration = set.Metadata.Generation,
            Replicas = replicas,
            ReadyReplicas = Counts.OrNone(ready),
            AvailableReplicas = mine.Count(p => p.IsActive && p.AvailableFrom(set.Spec.MinReadySeconds ?? 0) <= now),
            CurrentReplicas = Counts.OrNone(mine.Count(p => p.IsActive && Revision(p) == current)),
            UpdatedReplicas = Counts.OrNone(updated),
            CurrentRevision = current,
            UpdateRevision = history.Present,
        };
    }
}
