using Insula.Pods.Eviction;
using Insula.Pods.Scheduling;
using Insulad.Configuration;
using Insulad.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Insulad.Tests.Nodes;

/// <summary>What has the machine be looked at: time stands still, so that no period has.</summary>
public sealed class NodeWakeTests(ApiFixture api) : IClassFixture<ApiFixture>, IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly SemaphoreSlim _looked = new(0);
    private readonly TaskCompletionSource<Func<Task>> _stall = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _left = 1000;

    public void Dispose() => _looked.Dispose();

    [Fact]
    public async Task Tasks_that_wait_for_memory_do()
    {
        using var controller = Controller("by-stall", "memory.available<100", TimeSpan.Zero);
        await controller.StartAsync(default);
        var happened = await _stall.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await QuietAsync();
        _left = 50;
        _ = happened();
        await IsUnderPressureAsync("by-stall");
        await controller.StopAsync(default);
    }

    /// <summary>The grace of a soft threshold is over between two periods.</summary>
    [Fact]
    public async Task A_grace_that_is_over_does()
    {
        using var controller = Controller("by-grace", "memory.available<1", TimeSpan.FromSeconds(3));
        await controller.StartAsync(default);
        await QuietAsync();
        _left = 50;
        _clock.Advance(TimeSpan.FromSeconds(10));
        await IsUnderPressureAsync("by-grace");
        await QuietAsync();
        Assert.Null(await EventAsync());
        _clock.Advance(TimeSpan.FromSeconds(3));
        for (var deadline = DateTime.UtcNow.AddSeconds(30); await EventAsync() is null; await Task.Delay(20, TestContext.Current.CancellationToken))
        {
            Assert.True(DateTime.UtcNow < deadline, "it was not looked when the grace was over");
        }

        await controller.StopAsync(default);

        Task<string?> EventAsync() => Task.FromResult(api.Store.List("events", null).Items.Select(e => System.Text.Encoding.UTF8.GetString(e.Json.Span))
            .FirstOrDefault(e => e.Contains("EvictionThresholdMet", StringComparison.Ordinal) && e.Contains("\"by-grace\"", StringComparison.Ordinal)));
    }

    private NodeController Controller(string name, string hard, TimeSpan grace)
    {
        var soft = grace == TimeSpan.Zero ? [] : EvictionThreshold.ParseList("memory.available<100").Select(t => t with { Grace = grace });
        var rules = new EvictionRules([.. EvictionThreshold.ParseList(hard), .. soft], null);
        return new(
            api.Store, new NodeFacts(name, () => new Amounts(1, 1, 1), () => new Amounts(1, 1, 1), () => [], ["10.83.0.0/16"]),
            new EvictionTurns(new NoPods(), api.Collector, rules, Read, _clock, NullLogger.Instance), null,
            (happened, ct) =>
            {
                _stall.TrySetResult(happened);
                return Task.Delay(Timeout.Infinite, ct).ContinueWith(_ => "", TaskScheduler.Default);
            },
            new DaemonOptions(), _clock, NullLogger<NodeController>.Instance);
    }

    private SignalLevel[] Read()
    {
        _looked.Release();
        return [new(EvictionSignal.MemoryAvailable, Interlocked.Read(ref _left), 1000)];
    }

    // What it writes has it look once more.
    private async Task QuietAsync()
    {
        while (await _looked.WaitAsync(TimeSpan.FromMilliseconds(500), TestContext.Current.CancellationToken))
        {
            // Until it has not for a while; if that is too short, the test sees what it waits for sooner.
        }
    }

    private async Task IsUnderPressureAsync(string name)
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(30); ; await Task.Delay(20, TestContext.Current.CancellationToken))
        {
            var (_, node) = await api.SendAsync(HttpMethod.Get, $"/api/v1/nodes/{name}");
            if (node["status"]?["conditions"]?.AsArray().Any(c => (string?)c!["type"] == "MemoryPressure" && (string?)c["status"] == "True") == true)
            {
                return;
            }

            Assert.True(DateTime.UtcNow < deadline, "it was not looked");
        }
    }

    private sealed class NoPods : IPodEvictions
    {
        public Task<bool> SettleAsync(bool hurry, CancellationToken ct) => Task.FromResult(false);

        public Task<IReadOnlyList<EvictionCandidate>> ReadCandidatesAsync(EvictionSignal signal, CancellationToken ct) => Task.FromResult<IReadOnlyList<EvictionCandidate>>([]);

        public Task<bool> EvictAsync(string uid, EvictionSignal signal, string message, TimeSpan? grace, CancellationToken ct) => Task.FromResult(true);

        public Task CollectAsync(CancellationToken ct) => Task.CompletedTask;
    }
}
