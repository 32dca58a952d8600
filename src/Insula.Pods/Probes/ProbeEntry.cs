using Insula.Pods.Lifecycle;
using Insula.Pods.Stats;

namespace Insula.Pods.Probes;

/// <summary>A probe on the schedule.</summary>
internal sealed class ProbeEntry
{
    public required ProbeKey Key { get; init; }

    public required ProbeTimes Times { get; init; }

    /// <summary>How long after it is put on the schedule it first runs.</summary>
    public required TimeSpan FirstIn { get; init; }

    /// <summary>One probing; the token ends it at its timeout. Its own failures are results, not exceptions.</summary>
    public required Func<CancellationToken, Task<ProbeResult>> Probe { get; init; }

    /// <summary>Told after every result, on a pool thread; the second value is whether the verdict changed.</summary>
    public required Action<ProbeEntry, ProbeResult, bool> Report { get; init; }

    /// <summary>The state so far.</summary>
    public required ProbeCounter Counter { get; set; }

    /// <summary>Where its results are counted.</summary>
    public required ProbeTally Tally { get; init; }

    /// <summary>Whether each probing starts processes: those of many probes are kept apart in time.</summary>
    public bool StartsProcesses { get; init; }

    /// <summary>Whether it has been given its own moment in the period.</summary>
    public bool HasItsMoment { get; set; }

    /// <summary>When it runs next, on the schedule's own monotonic clock.</summary>
    public TimeSpan Due { get; set; }

    /// <summary>It was taken off the schedule: a result that is still under way is dropped.</summary>
    public bool Cancelled { get; set; }

    public ProbeKind Kind => Key.Kind;
}
