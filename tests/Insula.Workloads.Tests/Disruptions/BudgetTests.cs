using FsCheck;
using FsCheck.Fluent;
using Insula.Api.Disruptions;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Api.Values;
using Insula.Workloads.Disruptions;
using Insula.Workloads.Pods;

namespace Insula.Workloads.Tests.Disruptions;

/// <summary>How many pods may be evicted at a time.</summary>
public sealed class BudgetTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("2", null, 3, 1, 2, 3)] // of 3 that are there
    [InlineData("50%", null, 3, 0, 3, 5)] // of 5 that are wanted, rounded up
    [InlineData(null, "1", 3, 0, 4, 5)]
    [InlineData(null, "30%", 5, 2, 3, 5)] // rounded up, too
    [InlineData(null, "100%", 5, 5, 0, 5)]
    [InlineData("0", null, 3, 3, 0, 3)]
    [InlineData(null, null, 3, 2, 1, 3)]
    [InlineData("2147483647", null, 3, 0, int.MaxValue, 3)]
    [InlineData(null, "2147483647", 3, 3, 0, 5)]
    [InlineData("-5", null, 3, 3, 0, 3)]
    public void Numbers_and_percentages(string? least, string? most, int ready, int allowed, int desired, int expected)
    {
        var count = BudgetController.Count(Budget(least, most), Enumerable.Range(0, ready).Select(i => Pod($"p{i}")), _ => Scale(5));
        Assert.Equal((allowed, desired, expected, ready), (count.Allowed, count.Desired, count.Expected, count.Healthy));
    }

    [Fact]
    public void Only_pods_that_are_ready_and_not_being_deleted_are_healthy_and_only_those_it_selects()
    {
        WorkloadPod[] pods = [Pod("a"), Pod("b") with { ReadySince = null }, Pod("c") with { IsDeleted = true }, Pod("d") with { Labels = new Dictionary<string, string>() }];
        Assert.Equal((1, 3), BudgetController.Count(Budget("1", null), pods, _ => Scale(5)) is var count ? (count.Healthy, count.Expected) : default);
        Assert.Equal(4, BudgetController.Count(Budget("1", null) with { Spec = new() { MinAvailable = new IntOrString(1), Selector = new() } }, pods, _ => Scale(5)).Expected);
        Assert.Equal(0, BudgetController.Count(Budget("1", null) with { Spec = new() { MinAvailable = new IntOrString(1) } }, pods, _ => Scale(5)).Expected);
    }

    [Fact]
    public void What_should_be_there_is_the_sum_of_the_workloads()
    {
        WorkloadPod[] pods = [Pod("a"), Pod("b"), Pod("c", "other"), Pod("gone", "gone"), Pod("alone") with { Owners = [] }];
        var count = BudgetController.Count(Budget(null, "1"), pods, o => o.Uid == "gone" ? null : Scale(o.Uid == "other" ? 2 : 3, o.Uid));
        Assert.Equal((5, 4, 5, 1), (count.Expected, count.Desired, count.Healthy, count.Allowed));
    }

    [Fact]
    public void Whose_workload_has_no_number_is_not_evicted()
    {
        var pods = new[] { Pod("a") };
        Assert.NotNull(BudgetController.Judge(pods[0], [Budget(null, "1")], pods, _ => Scale(null)));
        var status = ApiJson.Read<PodDisruptionBudgetStatus>(BudgetController.Decide(Budget(null, "1"), pods, _ => Scale(null), s_now).Status!);
        Assert.Equal(("SyncFailed", "jobs.batch does not implement the scale subresource", 0), (status.Conditions[0].Reason, status.Conditions[0].Message, status.DisruptionsAllowed));
        Assert.Null(BudgetController.Judge(pods[0], [Budget("0", null)], pods, _ => Scale(null)));
    }

    [Fact]
    public void The_status_tells_what_is_allowed()
    {
        var budget = Budget("1", null) with { Metadata = new() { Name = "b", Generation = 7 } };
        var status = ApiJson.Read<PodDisruptionBudgetStatus>(BudgetController.Decide(budget, [Pod("a"), Pod("b")], _ => Scale(2), s_now).Status!);
        Assert.Equal((7, 1, 2, 1, 2), (status.ObservedGeneration, status.DisruptionsAllowed, status.CurrentHealthy, status.DesiredHealthy, status.ExpectedPods));
        Assert.Equal(("DisruptionAllowed", "True", "SufficientPods"), (status.Conditions[0].Type, status.Conditions[0].Status, status.Conditions[0].Reason));
    }

    [Theory]
    [InlineData("Running", true, null, "1", "The disruption budget b needs 1 healthy pods and has 1 currently")]
    [InlineData("Running", true, null, "0", null)]
    [InlineData("Pending", false, null, "1", null)]
    [InlineData("Failed", false, null, "1", null)]
    [InlineData("Running", false, null, "2", "The disruption budget b needs 2 healthy pods and has 1 currently")]
    [InlineData("Running", false, null, "1", null)]
    [InlineData("Running", false, "AlwaysAllow", "2", null)]
    [InlineData("Running", true, "AlwaysAllow", "2", "The disruption budget b needs 2 healthy pods and has 2 currently")]
    public void Who_may_be_evicted(string phase, bool ready, string? unhealthy, string least, string? why)
    {
        var pod = Pod("a") with { Phase = phase, ReadySince = ready ? s_now : null };
        var budget = Budget(least, null) with { Spec = Budget(least, null).Spec with { UnhealthyPodEvictionPolicy = unhealthy } };
        WorkloadPod[] pods = ready && unhealthy is null ? [pod] : [pod, Pod("other")];
        Assert.Equal(why, BudgetController.Judge(pod, [budget], pods, _ => Scale(2))?.Message);
        Assert.Null(BudgetController.Judge(pod with { IsDeleted = true }, [budget], pods, _ => Scale(2)));
    }

    [Fact]
    public void Two_budgets_are_no_budget() =>
        Assert.True(BudgetController.Judge(Pod("a"), [Budget("0", null), Budget("0", null)], [Pod("a")], _ => Scale(1))!.IsForGood);

    /// <summary>Whatever is asked for in whatever order: there are never fewer healthy pods than the budget wants, unless there were before.</summary>
    [Fact]
    public void Evictions_never_leave_fewer_than_are_wanted() => Prop.ForAll(
        (from ready in Gen.Choose(0, 8)
         from unready in Gen.Choose(0, 4)
         from least in Gen.OneOf(Gen.Choose(0, 10).Select(i => $"{i}"), Gen.Choose(0, 100).Select(i => $"{i}%"))
         from asked in Gen.Choose(0, 11).ListOf()
         select (ready, unready, least, asked)).ToArbitrary(),
        c =>
        {
            var pods = Enumerable.Range(0, c.ready + c.unready).Select(i => Pod($"p{i}") with { ReadySince = i < c.ready ? s_now : null }).ToList();
            var budget = Budget(c.least, null);
            var floor = Math.Min(BudgetController.Count(budget, pods, _ => Scale(pods.Count)).Desired, c.ready);
            foreach (var i in c.asked.Where(i => i < pods.Count))
            {
                if (BudgetController.Judge(pods[i], [budget], pods, _ => Scale(pods.Count)) is null)
                {
                    pods[i] = pods[i] with { IsDeleted = true };
                }

                Assert.True(pods.Count(p => p is { IsDeleted: false, IsReady: true }) >= floor, $"{c}");
            }
        }).QuickCheckThrowOnFailure();

    private static OwnerScale Scale(int? replicas, string uid = "set") => new(uid, replicas, replicas is null ? "jobs.batch" : "replicasets.apps");

    private static PodDisruptionBudget Budget(string? least, string? most) => new()
    {
        Metadata = new() { Name = "b" },
        Spec = new() { MinAvailable = Amount(least), MaxUnavailable = Amount(most), Selector = new() { MatchLabels = new Dictionary<string, string> { ["app"] = "web" } } },
    };

    private static IntOrString? Amount(string? text) => text is null ? null : int.TryParse(text, out var number) ? new IntOrString(number) : new IntOrString(text);

    private static WorkloadPod Pod(string name, string owner = "set") => new()
    {
        Name = name,
        Uid = name,
        Phase = "Running",
        ReadySince = s_now,
        Labels = new Dictionary<string, string> { ["app"] = "web" },
        Owners = [new OwnerReference { ApiVersion = "apps/v1", Kind = "ReplicaSet", Name = owner, Uid = owner, Controller = true }],
    };
}
