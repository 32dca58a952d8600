using System.Collections.Concurrent;
using Insula.Pods.Lifecycle;
using Insula.Pods.Probes;
using Insula.Pods.Stats;
using Microsoft.Extensions.Time.Testing;

namespace Insula.Pods.Tests.Probes;

public sealed class ProbeSchedulerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly FakeTimeProvider _clock = new();
    private readonly ProbeScheduler _schedule;
    private readonly ProbeTally _tally = new("web", ProbeKind.Readiness);
    private readonly BlockingCollection<(ProbeResult Result, bool Changed)> _reports = [];

    public ProbeSchedulerTests() => _schedule = new ProbeScheduler(_clock);

    public void Dispose()
    {
        _schedule.Dispose();
        _reports.Dispose();
    }

    [Fact]
    public void AProbeRunsAfterItsDelayAndThenEveryPeriod()
    {
        _schedule.Add(Entry(_ => Task.FromResult(ProbeResult.Success), firstIn: 5, period: 10));
        _clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Empty(_reports);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(Next().Changed);
        _clock.Advance(TimeSpan.FromSeconds(9));
        Assert.Empty(_reports);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(Next().Changed);
    }

    [Fact]
    public async Task OneThatHangsEndsAtItsTimeoutAndHoldsNoOther()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _schedule.Add(Entry(
            async ct =>
            {
                begun.TrySetResult();
                await Task.Delay(Timeout.Infinite, ct);
                return ProbeResult.Success;
            },
            timeout: 2));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await begun.Task.WaitAsync(Patience);
        _schedule.Add(Entry(_ => Task.FromResult(ProbeResult.Success)));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(Next().Result.Ok);
        _clock.Advance(TimeSpan.FromSeconds(2));
        var hung = Next().Result;
        Assert.False(hung.Ok);
        Assert.Contains("2s", hung.Message);
    }

    [Fact]
    public void AnUnforeseenExceptionIsAResult()
    {
        _schedule.Add(Entry(_ => throw new InvalidOperationException("surprise")));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("surprise", Next().Result.Message);
    }

    [Fact]
    public async Task ACancelledProbeReportsNothingMore()
    {
        var finish = new TaskCompletionSource<ProbeResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var entry = Entry(_ =>
        {
            begun.TrySetResult();
            return finish.Task;
        });
        _schedule.Add(entry);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await begun.Task.WaitAsync(Patience);
        _schedule.Cancel(entry);
        finish.SetResult(ProbeResult.Success);
        _schedule.Add(Entry(_ => Task.FromResult(ProbeResult.Failure("other")), period: 1000));
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("other", Next().Result.Message);
        Assert.Empty(_reports);
    }

    [Theory]
    [InlineData(true, 3)]
    [InlineData(false, 40)]
    public void ThoseThatStartProcessesAreKeptApartOnceTheyHaveSucceeded(bool startsProcesses, int mostAtOnce)
    {
        const int count = 40;
        var failing = true;
        var times = new ConcurrentQueue<(int Probe, long At)>();
        for (var i = 0; i < count; i++)
        {
            var number = i;
            _schedule.Add(Entry(
                _ =>
                {
                    times.Enqueue((number, _clock.GetTimestamp()));
                    return Task.FromResult(failing ? ProbeResult.Failure("not yet") : ProbeResult.Success);
                },
                startsProcesses: startsProcesses));
        }

        // While a count is under way nothing is moved.
        Assert.Equal([0, 0, 0, count], Advance(4, TimeSpan.FromSeconds(2.5)));
        failing = false;
        Assert.Equal([0, 0, 0, count], Advance(4, TimeSpan.FromSeconds(2.5)));
        times.Clear();
        var moved = Advance(20, TimeSpan.FromSeconds(0.5));
        Assert.Equal(count, moved.Sum());
        Assert.InRange(moved.Max(), 0, mostAtOnce);

        // Nobody's period became longer, and from then on it is what it was.
        Assert.Equal(Enumerable.Range(0, count), times.Select(t => t.Probe).Order());
        times.Clear();
        Assert.Equal(moved, Advance(20, TimeSpan.FromSeconds(0.5)));
        Assert.Equal(moved, Advance(20, TimeSpan.FromSeconds(0.5)));
        Assert.All(times.GroupBy(t => t.Probe), t => Assert.Equal(2, t.Count()));

        int[] Advance(int steps, TimeSpan step) => [.. Enumerable.Range(0, steps).Select(_ =>
        {
            var before = times.Count;
            for (var part = 0; part < 5; part++)
            {
                _clock.Advance(step / 5);
            }

            return times.Count - before;
        })];
    }

    private (ProbeResult Result, bool Changed) Next()
    {
        Assert.True(_reports.TryTake(out var report, Patience), "no result was reported");
        return report;
    }

    private ProbeEntry Entry(Func<CancellationToken, Task<ProbeResult>> probe, double firstIn = 0, double period = 10, double timeout = 1, bool startsProcesses = false) => new()
    {
        Key = new ProbeKey("uid", "web", 0, ProbeKind.Readiness),
        Times = new ProbeTimes(TimeSpan.Zero, TimeSpan.FromSeconds(period), TimeSpan.FromSeconds(timeout), 1, 1),
        FirstIn = TimeSpan.FromSeconds(firstIn),
        StartsProcesses = startsProcesses,
        Counter = ProbeCounter.Initial(ProbeKind.Readiness),
        Probe = probe,
        Tally = _tally,
        Report = (_, result, changed) => _reports.Add((result, changed)),
    };
}
