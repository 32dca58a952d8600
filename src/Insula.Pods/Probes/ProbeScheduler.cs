using Insula.Pods.Lifecycle;

namespace Insula.Pods.Probes;

/// <summary>
/// Runs all probes of all pods when they are due: one queue ordered by time and one timer; a probe that is not running
/// costs an entry, not a task. Probes of one container never wait for another's.
/// </summary>
internal sealed class ProbeScheduler : IDisposable
{
    private const double GoldenRatio = 0.6180339887498949;

    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private readonly PriorityQueue<ProbeEntry, TimeSpan> _queue = new();
    private readonly ITimer _timer;
    private readonly long _origin;
    private TimeSpan? _armed;
    private long _moments;
    private bool _disposed;

    public ProbeScheduler(TimeProvider clock)
    {
        _clock = clock;
        _origin = clock.GetTimestamp();
        _timer = clock.CreateTimer(_ => RunDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    // Monotonic: setting the machine's clock neither delays nor doubles a probe.
    private TimeSpan Now => _clock.GetElapsedTime(_origin);

    /// <summary>Puts a probe on the schedule.</summary>
    public void Add(ProbeEntry entry)
    {
        lock (_lock)
        {
            entry.Due = Now + entry.FirstIn;
            _queue.Enqueue(entry, entry.Due);
            Arm();
        }
    }

    /// <summary>Takes it off: after this returns it is not begun again and no result of it is reported.</summary>
    public void Cancel(ProbeEntry entry)
    {
        lock (_lock)
        {
            // It leaves the queue when it comes up; entries are small and come up within a period.
            entry.Cancelled = true;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _queue.Clear();
        }

        _timer.Dispose();
    }

    private void RunDue()
    {
        List<ProbeEntry> due = [];
        lock (_lock)
        {
            _armed = null;
            var now = Now;
            while (_queue.TryPeek(out var entry, out var at) && (at <= now || entry.Cancelled))
            {
                _queue.Dequeue();
                if (!entry.Cancelled)
                {
                    due.Add(entry);
                }
            }

            Arm();
        }

        foreach (var entry in due)
        {
            _ = RunAsync(entry);
        }
    }

    private async Task RunAsync(ProbeEntry entry)
    {
        ProbeResult result;
        var began = _clock.GetTimestamp();
        using (var timeout = new CancellationTokenSource(entry.Times.Timeout, _clock))
        {
            try
            {
                result = await entry.Probe(timeout.Token);
            }
            catch (OperationCanceledException) when (timeout.IsCancellationRequested)
            {
                result = ProbeResult.Failure($"no answer within {entry.Times.Timeout.TotalSeconds}s");
            }
            catch (Exception e)
            {
                // A prober that fails in an unforeseen way must not take the schedule with it; the user sees it as the reason.
                result = ProbeResult.Failure(e.Message);
            }
        }

        var took = _clock.GetElapsedTime(began);
        bool changed;
        lock (_lock)
        {
            if (entry.Cancelled || _disposed)
            {
                return;
            }

            var before = entry.Counter.Verdict;
            entry.Counter = entry.Counter.After(result.Ok, entry.Times.SuccessThreshold, entry.Times.FailureThreshold);
            changed = entry.Counter.Verdict != before;

            // A fixed rate; a probing that took longer than the period skips what it missed.
            var now = Now;
            var next = entry.Due + entry.Times.Period;
            if (next <= now)
            {
                var missed = (now - entry.Due).Ticks / entry.Times.Period.Ticks;
                next = entry.Due + TimeSpan.FromTicks(entry.Times.Period.Ticks * (missed + 1));
            }

            entry.Due = SpreadOut(entry, result, next, now);
            _queue.Enqueue(entry, entry.Due);
            Arm();
        }

        entry.Tally.Add(result.Ok, took);
        entry.Report(entry, result, changed);
    }

    // Probes that began together, as those of a pod's containers or of all pods after a boot, would for ever start their processes together and
    // wait for each other. Once one has found what it looks for, one period of it is cut short, so that it comes at a moment of its own: multiples
    // of the golden ratio lie evenly however many there are. No count is under way then, so that no verdict comes sooner by it.
    private TimeSpan SpreadOut(ProbeEntry entry, ProbeResult result, TimeSpan next, TimeSpan now)
    {
        if (!entry.StartsProcesses || entry.HasItsMoment || !result.Ok || entry.Counter.Verdict != ProbeVerdict.Success)
        {
            return next;
        }

        var period = entry.Times.Period.Ticks;
        var moment = (long)(_moments * GoldenRatio % 1 * period);
        var own = next - TimeSpan.FromTicks((next.Ticks - moment) % period);
        if (own <= now)
        {
            return next; // so soon after this one there is no time for it: another period
        }

        _moments++;
        entry.HasItsMoment = true;
        return own;
    }

    // Under the lock.
    private void Arm()
    {
        if (_disposed || !_queue.TryPeek(out _, out var next) || (_armed is { } armed && armed <= next))
        {
            return;
        }

        _armed = next;
        var wait = next - Now;
        _timer.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
