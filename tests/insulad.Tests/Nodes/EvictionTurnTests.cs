using Insula.Pods.Eviction;
using Insulad.Nodes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Insulad.Tests.Nodes;

/// <summary>A machine of which the test says what it has left, and pods that hold some of it.</summary>
public sealed class EvictionTurnTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private static readonly IReadOnlyList<EvictionThreshold> s_thresholds = EvictionThreshold.ParseList("memory.available<100,nodefs.available<100,imagefs.available<100,pid.available<10");

    private readonly FakeEvictions _pods = new();

    [Fact]
    public async Task One_pod_goes_a_turn_and_only_as_many_as_are_needed()
    {
        var turns = Turns();
        _pods.Add("a", memory: 50);
        _pods.Add("b", memory: 60);
        _pods.Add("c", memory: 40);
        _pods.Free[EvictionSignal.MemoryAvailable] = 5;
        Assert.True(await turns.TakeAsync(turns.Lacks(), CancellationToken.None));
        Assert.Equal(["evict b"], _pods.Done);
        Assert.True(await turns.TakeAsync(turns.Lacks(), CancellationToken.None));
        Assert.Equal(["evict b", "evict a"], _pods.Done);
        Assert.Empty(turns.Lacks());
    }

    [Fact]
    public async Task Of_disk_what_nobody_uses_goes_first_and_nobody_is_evicted_when_that_is_enough()
    {
        var turns = Turns();
        _pods.Add("a", disk: 50);
        (_pods.Free[EvictionSignal.NodeFsAvailable], _pods.Remains) = (80, 30);
        Assert.True(await turns.TakeAsync(turns.Lacks(), CancellationToken.None));
        Assert.Equal(["collect"], _pods.Done);
        (_pods.Free[EvictionSignal.NodeFsAvailable], _pods.Remains) = (60, 30);
        Assert.True(await turns.TakeAsync(turns.Lacks(), CancellationToken.None));
        Assert.Equal(["collect", "collect", "evict a"], _pods.Done);
    }

    [Fact]
    public async Task Memory_is_seen_to_before_the_disk_and_who_can_be_helped_by_nobody_does_not_keep_others_from_it()
    {
        var turns = Turns();
        _pods.Add("fat", disk: 500);
        _pods.Add("hungry", memory: 500);
        (_pods.Free[EvictionSignal.MemoryAvailable], _pods.Free[EvictionSignal.NodeFsAvailable], _pods.Free[EvictionSignal.ImageFsAvailable]) = (0, 0, 0);
        await turns.TakeAsync(turns.Lacks(), CancellationToken.None);
        await turns.TakeAsync(turns.Lacks(), CancellationToken.None);
        Assert.False(await turns.TakeAsync(turns.Lacks(), CancellationToken.None));
        Assert.Equal(["evict hungry", "collect", "evict fat"], _pods.Done);
        Assert.Equal([EvictionSignal.ImageFsAvailable], turns.Lacks().Select(l => l.Signal));
    }

    [Fact]
    public async Task Who_is_on_the_way_is_waited_for_before_another_goes()
    {
        var turns = Turns();
        _pods.Add("a", memory: 500);
        (_pods.Free[EvictionSignal.MemoryAvailable], _pods.OnTheWay) = (0, true);
        Assert.True(await turns.TakeAsync(turns.Lacks(), CancellationToken.None));
        Assert.True(await turns.TakeAsync(turns.Lacks(), CancellationToken.None));
        Assert.Equal(["settle in a hurry", "evict a"], _pods.Done);
    }

    [Fact]
    public async Task What_fails_is_left_to_the_next_turn()
    {
        var turns = Turns();
        _pods.Add("a", memory: 500);
        _pods.Free[EvictionSignal.MemoryAvailable] = 0;
        _pods.Failure = new Insula.Store.StoreException(Insula.Store.StoreError.Disk, "the disk is full");
        Assert.False(await turns.TakeAsync(turns.Lacks(), CancellationToken.None));
        _pods.Failure = null;
        Assert.True(await turns.TakeAsync(turns.Lacks(), CancellationToken.None));
        Assert.Equal(["evict a"], _pods.Done);
    }

    [Fact]
    public async Task Pods_have_a_grace_under_a_soft_threshold_and_none_under_a_hard_one_which_hurries_those_on_their_way()
    {
        IReadOnlyList<EvictionThreshold> thresholds =
            [.. EvictionThreshold.ParseList("memory.available<100"), .. EvictionThreshold.ParseList("memory.available<300").Select(t => t with { Grace = TimeSpan.FromMilliseconds(1) })];
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var turns = new EvictionTurns(_pods, api.Collector, new(thresholds, TimeSpan.FromSeconds(20)), _pods.Levels, clock, NullLogger.Instance);
        _pods.Add("a", memory: 50);
        _pods.Add("b", memory: 40);
        _pods.Free[EvictionSignal.MemoryAvailable] = 200;
        Assert.False(Assert.Single(turns.Lacks()).IsDue);
        Assert.Equal(TimeSpan.FromMilliseconds(1), turns.NextDue());
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(await TakeAsync());
        (_pods.Free[EvictionSignal.MemoryAvailable], _pods.OnTheWay) = (200, true);
        Assert.True(await TakeAsync());
        (_pods.Free[EvictionSignal.MemoryAvailable], _pods.OnTheWay) = (50, true);
        Assert.True(await TakeAsync());
        Assert.True(await TakeAsync());
        Assert.Equal(["evict a within 20", "settle", "settle in a hurry", "evict b"], _pods.Done);

        Task<bool> TakeAsync() => turns.TakeAsync([.. turns.Lacks().Where(l => l.IsDue)], CancellationToken.None);
    }

    private EvictionTurns Turns() => new(_pods, api.Collector, new(s_thresholds, null), _pods.Levels, TimeProvider.System, NullLogger.Instance);

    private sealed class FakeEvictions : IPodEvictions
    {
        private readonly Dictionary<string, (long Memory, long Disk)> _uses = [];

        public List<string> Done { get; } = [];

        public Dictionary<EvictionSignal, long> Free { get; } = Enum.GetValues<EvictionSignal>().ToDictionary(s => s, _ => 1000L);

        /// <summary>What ended pods have left on the disk.</summary>
        public long Remains { get; set; }

        public Exception? Failure { get; set; }

        public void Add(string uid, long memory = 0, long disk = 0) => _uses[uid] = (memory, disk);

        public IReadOnlyList<SignalLevel> Levels() => [.. Free.Select(f => new SignalLevel(f.Key, f.Value, 1000))];

        public Task<IReadOnlyList<EvictionCandidate>> ReadCandidatesAsync(EvictionSignal signal, CancellationToken ct) => Task.FromResult<IReadOnlyList<EvictionCandidate>>(
            [.. _uses.Select(u => new EvictionCandidate(u.Key, u.Key, 0, false, default, 0, signal == EvictionSignal.MemoryAvailable ? u.Value.Memory : u.Value.Disk)).Where(c => c.Used > 0)]);

        public Task<bool> EvictAsync(string uid, EvictionSignal signal, string message, TimeSpan? grace, CancellationToken ct)
        {
            if (Failure is { } failure)
            {
                throw failure;
            }

            Done.Add($"evict {uid}{(grace is { } most ? $" within {most.TotalSeconds}" : "")}");
            Free[EvictionSignal.MemoryAvailable] += _uses[uid].Memory;
            Free[EvictionSignal.NodeFsAvailable] += _uses[uid].Disk;
            _uses.Remove(uid);
            return Task.FromResult(true);
        }

        /// <summary>Whether an earlier daemon has begun with one.</summary>
        public bool OnTheWay { get; set; }

        public Task<bool> SettleAsync(bool hurry, CancellationToken ct)
        {
            if (OnTheWay)
            {
                Done.Add(hurry ? "settle in a hurry" : "settle");
            }

            (var any, OnTheWay) = (OnTheWay, false);
            return Task.FromResult(any);
        }

        public Task CollectAsync(CancellationToken ct)
        {
            Done.Add("collect");
            Free[EvictionSignal.NodeFsAvailable] += Remains;
            Remains = 0;
            return Task.CompletedTask;
        }
    }
}
