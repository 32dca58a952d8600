using FsCheck;
using FsCheck.Fluent;
using Insula.Api.Autoscaling;
using Insula.Api.Core;
using Insula.Api.Values;
using Insula.Workloads.Autoscaling;

namespace Insula.Workloads.Tests.Autoscaling;

public sealed class AutoscalerTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(2, 100, 4)] // twice the target: twice the pods
    [InlineData(4, 50, 4)] // at the target
    [InlineData(4, 54, 4)] // near enough
    [InlineData(4, 56, 5)]
    [InlineData(3, 150, 7)] // nine would be needed: four more at a time
    [InlineData(1, 1000, 5)]
    [InlineData(8, 100, 10)] // no more than the most
    public void Pods_become_more_with_their_use(int replicas, int percent, int expected) =>
        Assert.Equal(expected, Run(Autoscaler(50), replicas, Pods(replicas, percent)).Status.DesiredReplicas);

    [Fact]
    public void They_become_fewer_when_no_recommendation_of_five_minutes_was_higher()
    {
        var history = ScalingHistory.Begin(4, s_now);
        var first = AutoscalerController.Decide(Autoscaler(50), 4, "", Pods(4, 10), history, s_now.AddMinutes(4));
        Assert.Null(first.Replicas);
        Assert.Equal("ScaleDownStabilized", Condition(first, "AbleToScale").Reason);
        var later = AutoscalerController.Decide(Autoscaler(50), 4, "", Pods(4, 10, s_now.AddMinutes(6)), first.History, s_now.AddMinutes(6));
        Assert.Equal(1, later.Replicas);
        Assert.Equal("New size: 1; reason: All metrics below target", Assert.Single(later.Notes).Message);
        Assert.Equal(s_now.AddMinutes(6), later.Status.LastScaleTime);
    }

    [Fact]
    public void Who_is_new_takes_nothing_away_at_once() => Assert.Null(AutoscalerController.Decide(Autoscaler(50), 4, "", Pods(4, 1), null, s_now).Replicas);

    [Fact]
    public void The_metric_that_wants_most_decides()
    {
        var autoscaler = Autoscaler(50);
        autoscaler = autoscaler with
        {
            Spec = autoscaler.Spec with
            {
                Metrics = [.. autoscaler.Spec.Metrics, Metric("memory", new() { Type = MetricTypes.AverageValue, AverageValue = Quantity.FromUnits(100) })],
            },
        };
        var decision = Run(autoscaler, 2, [.. Pods(2, 50).Select(p => p with { Containers = [p.Containers[0] with { Use = p.Containers[0].Use with { Memory = 150 } }] })]);
        Assert.Equal(3, decision.Replicas);
        Assert.Equal("New size: 3; reason: memory resource above target", Assert.Single(decision.Notes).Message);
        Assert.Equal(["50", "150"], decision.Status.CurrentMetrics.Select(m => m.Resource!.Current.AverageUtilization?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? m.Resource.Current.AverageValue.ToString()));
    }

    [Fact]
    public void What_cannot_be_measured_takes_nothing_away()
    {
        var without = Pods(2, 1).Select(p => p with { Containers = [p.Containers[0] with { Requests = new(null, null) }] }).ToList();
        var decision = Run(Autoscaler(50), 2, without);
        Assert.Null(decision.Replicas);
        Assert.Equal(("False", "FailedGetResourceMetric"), (Condition(decision, "ScalingActive").Status, Condition(decision, "ScalingActive").Reason));
        Assert.Contains("missing request for cpu in a container of Pod pod-0", Assert.Single(decision.Notes).Message, StringComparison.Ordinal);

        var nobody = Run(Autoscaler(50), 2, [.. Pods(2, 1).Select(p => p with { MeasuredSince = null })]);
        Assert.Null(nobody.Replicas);
        Assert.Contains("did not receive metrics", Assert.Single(nobody.Notes).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pods_that_begin_hold_back_what_the_others_would_have_more()
    {
        // Two at twice the target would be four; two that begin count as idle ones, so that four are enough.
        var pods = Pods(2, 100).Concat(Pods(2, 900).Select(p => p with { Phase = "Pending" })).ToList();
        Assert.Null(Run(Autoscaler(50), 4, pods).Replicas);

        // Of those that are busy with starting the CPU does not count.
        var busy = Pods(1, 50).Concat(Pods(1, 900).Select(p => p with { StartedAt = s_now.AddSeconds(-20), IsReady = false, ReadyChangedAt = s_now.AddSeconds(-20) })).ToList();
        Assert.Null(Run(Autoscaler(50), 2, busy).Replicas);
    }

    [Fact]
    public void Pods_without_readings_hold_back_a_decrease()
    {
        var pods = Pods(2, 20).Concat(Pods(2, 0).Select(p => p with { MeasuredSince = null })).ToList();

        // Two at 20 % of 50 % would be one of four; the two others may use all that they request.
        Assert.Equal(4, Run(Steady(Autoscaler(50)), 4, pods).Status.DesiredReplicas);
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(20, 10, 10)]
    [InlineData(1, 3, 3)]
    public void The_bounds_hold_whatever_is_measured(int replicas, int expected, int least)
    {
        var autoscaler = Autoscaler(50);
        autoscaler = autoscaler with { Spec = autoscaler.Spec with { MinReplicas = least } };
        var decision = Run(autoscaler, replicas, []);
        Assert.Equal(replicas == 0 ? null : expected, decision.Replicas);
        if (replicas == 0)
        {
            Assert.Equal("ScalingDisabled", Condition(decision, "ScalingActive").Reason);
        }
    }

    [Fact]
    public void A_workload_that_is_not_there_is_said_to_be_missing()
    {
        var decision = AutoscalerController.Decide(Autoscaler(50), null, "deployments.apps \"web\" not found", [], null, s_now);
        Assert.Equal(("False", "FailedGetScale"), (Condition(decision, "AbleToScale").Status, Condition(decision, "AbleToScale").Reason));
        Assert.Contains("deployments.apps \"web\" not found", Assert.Single(decision.Notes).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Policies_count_what_was_changed_in_their_period()
    {
        var rules = new ScalingRules { SelectPolicy = MetricTypes.Max, StabilizationWindowSeconds = 0, Policies = [new() { Type = MetricTypes.Pods, Value = 2, PeriodSeconds = 60 }] };
        var autoscaler = Autoscaler(50);
        autoscaler = autoscaler with { Spec = autoscaler.Spec with { Behavior = new() { ScaleUp = rules, ScaleDown = rules } } };
        var first = Run(autoscaler, 2, Pods(2, 500));
        Assert.Equal(4, first.Replicas);
        var soon = AutoscalerController.Decide(autoscaler, 4, "", Pods(4, 500, s_now.AddSeconds(30)), first.History, s_now.AddSeconds(30));
        Assert.Null(soon.Replicas);
        Assert.Equal("ScaleUpLimit", Condition(soon, "ScalingLimited").Reason);
        Assert.Equal(6, AutoscalerController.Decide(autoscaler, 4, "", Pods(4, 500, s_now.AddSeconds(61)), soon.History, s_now.AddSeconds(61)).Replicas);
        Assert.Equal(2, AutoscalerController.Decide(autoscaler, 4, "", Pods(4, 0, s_now.AddSeconds(90)), soon.History, s_now.AddSeconds(90)).Replicas);

        var never = autoscaler with { Spec = autoscaler.Spec with { Behavior = new() { ScaleUp = rules, ScaleDown = rules with { SelectPolicy = MetricTypes.Disabled } } } };
        Assert.Null(AutoscalerController.Decide(never, 4, "", Pods(4, 0, s_now.AddSeconds(90)), soon.History, s_now.AddSeconds(90)).Replicas);
    }

    [Fact]
    public void Whatever_is_measured_the_number_stays_between_its_bounds_and_a_quiet_load_settles() => Prop.ForAll(
        Gen.Choose(1, 10).SelectMany(r => Gen.Choose(0, 400).ListOf(12).Select(load => (Replicas: r, Load: load.ToList()))).ToArbitrary(),
        run =>
        {
            var autoscaler = Steady(Autoscaler(50));
            var (replicas, at) = (run.Replicas, s_now);
            ScalingHistory? history = null;
            foreach (var load in run.Load.Concat(Enumerable.Repeat(run.Load[^1], 12)))
            {
                // The load is shared by all pods.
                at = at.AddSeconds(15);
                var decision = AutoscalerController.Decide(autoscaler, replicas, "", Pods(replicas, load / replicas, at), history, at);
                history = decision.History;
                var next = decision.Replicas ?? replicas;
                Assert.InRange(next, 1, 10);
                Assert.InRange(next, 1, Math.Max(replicas * 2, replicas + 4));
                replicas = next;
            }

            // Settled: another look changes nothing.
            Assert.Null(AutoscalerController.Decide(autoscaler, replicas, "", Pods(replicas, run.Load[^1] / replicas, at.AddSeconds(15)), history, at.AddSeconds(15)).Replicas);
        }).QuickCheckThrowOnFailure();

    private static AutoscalerDecision Run(HorizontalPodAutoscaler autoscaler, int replicas, IReadOnlyList<ScaledPod> pods) =>
        AutoscalerController.Decide(autoscaler, replicas, "", pods, null, s_now);

    private static Api.Workloads.WorkloadCondition Condition(AutoscalerDecision decision, string type) => decision.Status.Conditions.Single(c => c.Type == type);

    private static HorizontalPodAutoscaler Autoscaler(int percent) => new()
    {
        Spec = new()
        {
            ScaleTargetRef = new() { Kind = "Deployment", Name = "web", ApiVersion = "apps/v1" },
            MinReplicas = 1,
            MaxReplicas = 10,
            Metrics = [Metric("cpu", new() { Type = MetricTypes.Utilization, AverageUtilization = percent })],
        },
    };

    // Without looking back.
    private static HorizontalPodAutoscaler Steady(HorizontalPodAutoscaler autoscaler) => autoscaler with
    {
        Spec = autoscaler.Spec with
        {
            Behavior = new()
            {
                ScaleDown = new() { StabilizationWindowSeconds = 0, SelectPolicy = MetricTypes.Max, Policies = [new() { Type = MetricTypes.Percent, Value = 100, PeriodSeconds = 15 }] },
            },
        },
    };

    private static MetricSpec Metric(string resource, MetricTarget target) => new() { Type = MetricTypes.Resource, Resource = new() { Name = resource, Target = target } };

    // Ready for long; each requests a tenth of a core and uses so many percent of it.
    private static List<ScaledPod> Pods(int count, int percent, DateTimeOffset? now = null) =>
    [
        .. Enumerable.Range(0, count).Select(i => new ScaledPod(
            $"pod-{i}", "Running", IsEnding: false, s_now.AddHours(-1), IsReady: true, s_now.AddHours(-1), (now ?? s_now).AddSeconds(-15),
            [new ScaledContainer("main", new(100, 100), new(percent, 0))])),
    ];
}
