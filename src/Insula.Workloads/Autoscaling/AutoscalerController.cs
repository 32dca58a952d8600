using Insula.Api.Autoscaling;
using Insula.Api.Core;
using Insula.Api.Workloads;

namespace Insula.Workloads.Autoscaling;

/// <summary>
/// How many pods a workload should have by what its pods use, as a pure function. The arithmetic, the rules of pace, reasons and words are those of
/// Kubernetes' horizontal controller.
/// </summary>
public static class AutoscalerController
{
    private const string Able = "AbleToScale";
    private const string Active = "ScalingActive";
    private const string Limited = "ScalingLimited";

    /// <summary>Decides.</summary>
    /// <param name="autoscaler">What is wanted.</param>
    /// <param name="current">How many pods the workload wants now; null when there is no such workload, or it cannot be scaled.</param>
    /// <param name="problem">Why it cannot.</param>
    /// <param name="pods">Its pods.</param>
    /// <param name="history">What was remembered; null for an autoscaler that is new here.</param>
    /// <param name="now">The time.</param>
    public static AutoscalerDecision Decide(
        HorizontalPodAutoscaler autoscaler, int? current, string problem, IReadOnlyList<ScaledPod> pods, ScalingHistory? history, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(autoscaler);
        var turn = new Turn(autoscaler, now);
        if (current is not { } present)
        {
            turn.Set(Able, ConditionStatuses.False, "FailedGetScale", $"the HPA controller was unable to get the target's current scale: {problem}");
            return turn.End(null, 0, 0, history ?? ScalingHistory.Begin(0, now), new WorkloadNote(EventTypes.Warning, "FailedGetScale", problem));
        }

        turn.Set(Able, ConditionStatuses.True, "SucceededGetScale", "the HPA controller was able to get the target's current scale");
        history ??= ScalingHistory.Begin(present, now);
        var (least, most) = (autoscaler.Spec.MinReplicas ?? 1, autoscaler.Spec.MaxReplicas);
        if (present == 0)
        {
            turn.Set(Active, ConditionStatuses.False, "ScalingDisabled", "scaling is disabled since the replica count of the target is zero");
            return turn.End(null, 0, 0, history);
        }

        if (present > most || present < least)
        {
            var bound = present > most ? most : least;
            return turn.Rescale(present, bound, history, present > most ? "Current number of replicas above Spec.MaxReplicas" : "Current number of replicas below Spec.MinReplicas");
        }

        var pace = new ScalingPace(autoscaler.Spec.Behavior);
        var proposals = autoscaler.Spec.Metrics.Select(m => ReplicaCalculator.Propose(m, present, pods, pace.IsTolerated, now)).ToList();
        turn.Found = [.. proposals.Select(p => p.Status).OfType<MetricStatus>()];
        var failed = proposals.FirstOrDefault(p => p.Replicas is null);
        var leading = proposals.Where(p => p.Replicas is not null).MaxBy(p => p.Replicas);

        // What cannot be measured may want more: nothing is taken away on the word of the others.
        if (leading?.Replicas is not { } wanted || (failed is not null && wanted < present))
        {
            turn.Set(Active, ConditionStatuses.False, "FailedGetResourceMetric", $"the HPA was unable to compute the replica count: {failed!.Problem}");
            return turn.End(null, present, present, history, new WorkloadNote(EventTypes.Warning, "FailedGetResourceMetric", failed.Problem!));
        }

        turn.Set(Active, ConditionStatuses.True, "ValidMetricFound", $"the HPA was able to successfully calculate a replica count from {leading.Name}");
        var remembered = history.Recommended(wanted, now);
        var steady = pace.Stabilize(present, wanted, history.Recommendations, now);
        turn.Set(Able, ConditionStatuses.True, steady == wanted ? "ReadyForNewScale" : steady > wanted ? "ScaleDownStabilized" : "ScaleUpStabilized",
            steady == wanted ? "recommended size matches current size" : "recent recommendations were " + (steady > wanted ? "higher" : "lower") + " than current one, applying the "
                + (steady > wanted ? "highest" : "lowest") + " recent recommendation");
        var next = Limit(turn, pace, present, steady, history, now, least, most);
        return next == present
            ? turn.End(null, present, next, remembered)
            : turn.Rescale(present, next, remembered, next > present ? $"{leading.Name} above target" : "All metrics below target");
    }

    private static int Limit(Turn turn, ScalingPace pace, int present, int wanted, ScalingHistory history, DateTimeOffset now, int least, int most)
    {
        if (wanted > present && pace.Most(present, history.Changes, now) is var allowed && wanted > Math.Min(allowed, most))
        {
            var byPace = allowed < most;
            turn.Set(Limited, ConditionStatuses.True, byPace ? "ScaleUpLimit" : "TooManyReplicas",
                byPace ? "the desired replica count is increasing faster than the maximum scale rate" : "the desired replica count is more than the maximum replica count");
            return Math.Min(allowed, most);
        }

        if (wanted < present && pace.Fewest(present, history.Changes, now) is var fewest && wanted < Math.Max(fewest, least))
        {
            var byPace = fewest > least;
            turn.Set(Limited, ConditionStatuses.True, byPace ? "ScaleDownLimit" : "TooFewReplicas",
                byPace ? "the desired replica count is decreasing faster than the maximum scale rate" : "the desired replica count is less than the minimum replica count");
            return Math.Max(fewest, least);
        }

        // Where it stands at a bound and would go on.
        if (wanted > most || wanted < least)
        {
            turn.Set(Limited, ConditionStatuses.True, wanted > most ? "TooManyReplicas" : "TooFewReplicas",
                $"the desired replica count is {(wanted > most ? "more than the maximum" : "less than the minimum")} replica count");
            return Math.Clamp(wanted, least, most);
        }

        turn.Set(Limited, ConditionStatuses.False, "DesiredWithinRange", "the desired count is within the acceptable range");
        return wanted;
    }

    private sealed class Turn(HorizontalPodAutoscaler autoscaler, DateTimeOffset now)
    {
        private IReadOnlyList<WorkloadCondition> _conditions = autoscaler.Status.Conditions;

        public IReadOnlyList<MetricStatus> Found { get; set; } = [];

        public void Set(string type, string status, string reason, string message) => _conditions = Conditions.Set(
            _conditions, new WorkloadCondition { Type = type, Status = status, Reason = reason, Message = message, LastTransitionTime = now });

        public AutoscalerDecision Rescale(int present, int next, ScalingHistory history, string why)
        {
            Set(Able, ConditionStatuses.True, "SucceededRescale", $"the HPA controller was able to update the target scale to {next}");
            return End(next, present, next, history.Changed(next - present, now), new WorkloadNote(EventTypes.Normal, "SuccessfulRescale", $"New size: {next}; reason: {why}"));
        }

        public AutoscalerDecision End(int? replicas, int present, int desired, ScalingHistory history, params IReadOnlyList<WorkloadNote> notes) => new(
            replicas,
            autoscaler.Status with
            {
                ObservedGeneration = autoscaler.Metadata.Generation,
                CurrentReplicas = present,
                DesiredReplicas = desired,
                LastScaleTime = replicas is null ? autoscaler.Status.LastScaleTime : now,
                CurrentMetrics = Found,
                Conditions = _conditions,
            },
            history,
            notes);
    }
}
