using Insula.Api.Core;
using Insula.Api.Values;
using Insula.Pods.Lifecycle;
using Insula.Pods.Scheduling;

namespace Insula.Pods.Tests.Scheduling;

public sealed class SchedulerTests
{
    private readonly List<string> _told = [];
    private readonly List<string> _displaced = [];
    private readonly List<(long, long)> _reserved = [];
    private readonly Scheduler _scheduler;
    private bool _closed;

    private Amounts _machine = new(1000, 1000, 10);

    public SchedulerTests() => _scheduler = new Scheduler(
        () => _machine,
        () => new NodeState(IsClosed: _closed),
        (uid, fact) => _told.Add(fact switch
        {
            PodFact.Placed => $"{uid} placed",
            PodFact.ResizeGranted granted => $"{uid} gets {granted.Resources["web"].Requests["cpu"].MilliValue}",
            PodFact.ResizeHeldBack held => $"{uid} {held.Why.Reason}",
            _ => $"{uid} waits",
        }),
        (victim, claim) => _displaced.Add($"{victim.Uid} for {claim.Uid}"),
        (guaranteed, burstable) => _reserved.Add((guaranteed, burstable)));

    [Fact]
    public void What_pods_with_places_hold_of_memory_is_told_by_class_when_it_changes()
    {
        _scheduler.Add();
        _scheduler.Add(OfMemory("a", "Guaranteed", 300), OfMemory("b", "Burstable", 100), OfMemory("c", "BestEffort", 0), OfMemory("waits", "Burstable", 700));
        _scheduler.Leave("a");
        _scheduler.Look();
        _scheduler.Remove("a");
        _scheduler.Remove("b");
        _scheduler.Remove("waits");
        Assert.Equal([(0, 0), (300, 100), (0, 800), (0, 700), (0, 0)], _reserved);
    }

    [Fact]
    public void What_the_machine_has_is_asked_again_whenever_it_is_looked()
    {
        var pages = new PageAmounts([(2 << 20, 4 << 20)]);
        _scheduler.Add(Claim("a", 100) with { Requests = new Amounts(100, 0, 1) { HugePages = pages } });
        _scheduler.Look();
        Assert.Equal(["a waits"], _told);
        _machine = _machine with { HugePages = pages };
        _scheduler.Look();
        Assert.Equal(["a waits", "a placed"], _told);
    }

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
    public void A_change_is_told_when_it_waits_when_it_is_granted_and_when_it_is_taken_back_and_its_room_is_free_when_its_pod_says_so()
    {
        _scheduler.Add(Claim("a", 400));
        _scheduler.Add(Claim("b", 500));
        _told.Clear();
        _scheduler.Want(Claim("a", 700), DateTimeOffset.UnixEpoch);
        _scheduler.Want(Claim("a", 800), DateTimeOffset.UnixEpoch);
        _scheduler.Want(Claim("a", 400), DateTimeOffset.UnixEpoch);
        Assert.Equal(["a Deferred", "a Deferred", "a gets 400"], _told);
        _told.Clear();
        _scheduler.Want(Claim("a", 700), DateTimeOffset.UnixEpoch);
        _scheduler.Remove("b");
        Assert.Equal(["a Deferred", "a gets 700"], _told);
        _told.Clear();
        _scheduler.Want(Claim("a", 100), DateTimeOffset.UnixEpoch);
        _scheduler.Add(Claim("c", 600));
        Assert.Equal(["a gets 100", "c waits"], _told);
        _scheduler.Holds("a", Claim("a", 700).Resources, default); // of what was set aside before: says nothing
        Assert.Equal(2, _told.Count);
        _scheduler.Holds("a", Claim("a", 100).Resources, default);
        Assert.Equal(["a gets 100", "c waits", "c placed"], _told);
    }

    [Fact]
    public void One_that_waits_is_placed_with_what_it_wants_in_the_end()
    {
        _scheduler.Add(Claim("a", 800));
        _scheduler.Add(Claim("b", 400));
        _scheduler.Want(Claim("b", 200), DateTimeOffset.UnixEpoch);
        Assert.Equal(["a placed", "b waits", "b placed"], _told);
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

    private static PodClaim OfMemory(string uid, string qosClass, long memory) =>
        Claim(uid, 0) with { QosClass = qosClass, Requests = new Amounts(0, memory, 1) };

    private static PodClaim Claim(string uid, long cpu, int priority = 0) =>
        new(uid, $"default/{uid}", new Amounts(cpu, 0, 1), priority, Displaces: true, DateTimeOffset.UnixEpoch, ClaimStage.Waiting)
        {
            Resources = new Dictionary<string, ResourceRequirements> { ["web"] = new() { Requests = new Dictionary<string, Quantity> { ["cpu"] = Quantity.FromMilli(cpu) } } },
        };
}
