using Insula.Api.Core;
using Insula.Api.Disruptions;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Api.Values;
using Insula.Api.Workloads;
using Insula.Workloads.Pods;

namespace Insula.Workloads.Disruptions;

/// <summary>How many pods of a budget may be evicted, with Kubernetes' arithmetic. Pure.</summary>
public static class BudgetController
{
    /// <summary>"DisruptionAllowed": whether a pod may be evicted.</summary>
    public const string DisruptionAllowed = "DisruptionAllowed";

    /// <summary>Whether a budget is about a pod.</summary>
    public static bool Covers(PodDisruptionBudget budget, WorkloadPod pod)
    {
        ArgumentNullException.ThrowIfNull(budget);
        ArgumentNullException.ThrowIfNull(pod);
        return budget.Spec.Selector is { } selector && selector.ToSelector().Matches(pod.Labels);
    }

    /// <summary>What a budget comes to.</summary>
    /// <param name="budget">The budget.</param>
    /// <param name="pods">The pods of its namespace.</param>
    /// <param name="scale">The workload of a pod's controller; null when that is gone.</param>
    public static BudgetCount Count(PodDisruptionBudget budget, IEnumerable<WorkloadPod> pods, Func<OwnerReference, OwnerScale?> scale)
    {
        ArgumentNullException.ThrowIfNull(budget);
        ArgumentNullException.ThrowIfNull(pods);
        ArgumentNullException.ThrowIfNull(scale);
        var mine = pods.Where(p => Covers(budget, p)).ToList();
        var healthy = mine.Count(p => p is { IsDeleted: false, IsReady: true });
        if (budget.Spec.MinAvailable is { IsText: false } number)
        {
            return new(mine.Count, Math.Max(number.Number, 0), healthy);
        }

        // What pods without a controller there should be is not known: they count as none, as in a cluster.
        var owners = mine.Select(p => p.Controller).OfType<OwnerReference>().DistinctBy(o => o.Uid).Select(scale).OfType<OwnerScale>().DistinctBy(o => o.Uid).ToList();
        if (owners.FirstOrDefault(o => o.Replicas is null) is { } unknown)
        {
            return new(0, 0, healthy, $"{unknown.Resource} does not implement the scale subresource");
        }

        var expected = (int)Math.Min(owners.Sum(o => (long)Math.Max(o.Replicas!.Value, 0)), int.MaxValue);
        return budget.Spec.MinAvailable is { } least ? new(expected, Portion.Of(least, expected, roundUp: true), healthy)
            : budget.Spec.MaxUnavailable is { } most ? new(expected, Math.Max(expected - Portion.Of(most, expected, roundUp: true), 0), healthy)
            : new(mine.Count, 1, healthy);
    }

    /// <summary>What there is to say of a budget.</summary>
    /// <param name="budget">The budget, as published last.</param>
    /// <param name="pods">The pods of its namespace.</param>
    /// <param name="scale">The workload of a pod's controller; null when that is gone.</param>
    /// <param name="now">The time.</param>
    public static WorkloadDecision Decide(PodDisruptionBudget budget, IEnumerable<WorkloadPod> pods, Func<OwnerReference, OwnerScale?> scale, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(budget);
        var count = Count(budget, pods, scale);
        var condition = new WorkloadCondition
        {
            Type = DisruptionAllowed,
            Status = count.Allowed > 0 ? ConditionStatuses.True : ConditionStatuses.False,
            Reason = count.Failure is not null ? "SyncFailed" : count.Allowed > 0 ? "SufficientPods" : "InsufficientPods",
            Message = count.Failure ?? "",
            LastTransitionTime = now,
        };
        return new([], ApiJson.ToJson(new PodDisruptionBudgetStatus
        {
            ObservedGeneration = budget.Metadata.Generation,
            DisruptionsAllowed = count.Allowed,
            CurrentHealthy = count.Healthy,
            DesiredHealthy = count.Desired,
            ExpectedPods = count.Expected,
            Conditions = Conditions.Set(budget.Status.Conditions, condition),
        }));
    }

    /// <summary>Whether a pod may be evicted; null when it may, else what stands against it.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="budgets">The budgets of its namespace.</param>
    /// <param name="pods">The pods of its namespace.</param>
    /// <param name="scale">The workload of a pod's controller; null when that is gone.</param>
    public static EvictionRefusal? Judge(
        WorkloadPod pod, IEnumerable<PodDisruptionBudget> budgets, IReadOnlyCollection<WorkloadPod> pods, Func<OwnerReference, OwnerScale?> scale)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(budgets);

        // Who has ended, has not begun, or ends already, is missed by nobody.
        if (pod.IsFinished || pod.IsDeleted || pod.Phase == PodPhases.Pending)
        {
            return null;
        }

        var mine = budgets.Where(b => Covers(b, pod)).ToList();
        if (mine.Count == 0)
        {
            return null;
        }

        if (mine.Count > 1)
        {
            return new(true, "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");
        }

        var (budget, count) = (mine[0], Count(mine[0], pods, scale));
        if (!pod.IsReady && (budget.Spec.UnhealthyPodEvictionPolicy == "AlwaysAllow" || (count.Failure is null && count.Desired > 0 && count.Healthy >= count.Desired)))
        {
            return null;
        }

        return count.Allowed > 0 ? null
            : new(false, count.Failure ?? FormattableString.Invariant($"The disruption budget {budget.Metadata.Name} needs {count.Desired} healthy pods and has {count.Healthy} currently"));
    }
}
