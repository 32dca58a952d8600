using Insula.Pods.Lifecycle;
using Insula.Pods.Scheduling;

namespace Insula.Pods.Tests.Scheduling;

public sealed class SchedulerTests
{
    private readonly List<string> _told = [];
    private readonly List<string> _displaced = [];
    private readonly Scheduler _scheduler;
    private bool _closed;

    public SchedulerTests() => _scheduler = new Scheduler(
        new Amounts(1000, 1000, 10),
        () => new NodeState(IsClosed: _closed),
        (uid, fact) => _told.Add(fact is PodFact.Placed ? $"{uid} placed" : $"{uid} waits"),
        (victim, claim) => _displaced.Add($"{victim.Uid} for {claim.Uid}"));

    [Fact]
    public void Who_waits_is_told_so_once_and_that_it_has_a_place_when_another_is_gone()
    {
        _scheduler.Add(Claim("a", 600));
        _scheduler.Add(Claim("b", 600));
        _scheduler.Add(Claim("c", 100));
        _scheduler.Leave("a");
        Assert.Equal(["a placed", "b waits", "c placed"], _told);
        _scheduler.Remove("a");
        Assert.Equal(["a placed", "b waits", "c placed", "b placed"], _told);
    }

    [Fact]
    public void Who_has_to_go_is_told_once_and_its_place_goes_to_whom_it_was_for()
    {
        _scheduler.Add(Claim("low", 1000));
        _scheduler.Add(Claim("high", 800, priority: 1));
        _scheduler.Add(Claim("later", 100));
        Assert.Equal(["low for high"], _displaced);
        _scheduler.Remove("low");
        Assert.Equal(["low placed", "high waits", "later waits", "high placed", "later placed"], _told);
        Assert.Single(_displaced);
    }

    [Fact]
    public void Who_is_deleted_while_it_waits_gets_nothing()
    {
        _scheduler.Add(Claim("a", 1000));
        _scheduler.Add(Claim("b", 1000));
        _scheduler.Leave("b");
        _scheduler.Remove("a");
        _scheduler.Add(Claim("c", 1000));
        Assert.Equal(["a placed", "b waits", "c placed"], _told);
    }

    [Fact]
    public void Those_that_had_places_are_counted_before_the_others()
    {
        _scheduler.Add(Claim("new", 500), Claim("old", 800) with { Stage = ClaimStage.Placed });
        Assert.Equal(["new waits"], _told);
    }

    [Fact]
    public void A_machine_that_is_closed_opens_again()
    {
        _closed = true;
        _scheduler.Add(Claim("a", 1));
        _scheduler.Add(Claim("daemon", 1) with { PassesCordon = true });
        _scheduler.Look();
        _closed = false;
        _scheduler.Look();
        Assert.Equal(["a waits", "daemon placed", "a placed"], _told);
    }

    private static PodClaim Claim(string uid, long cpu, int priority = 0) =>
        new(uid, $"default/{uid}", new Amounts(cpu, 0, 1), priority, Displaces: true, DateTimeOffset.UnixEpoch, ClaimStage.Waiting);
}
