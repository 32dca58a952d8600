namespace Insula.Pods.Workers;

/// <summary>
/// The time as one worker reckons with it: it goes on evenly, by the clock that nobody sets, until the worker asks whether the machine's
/// clock was set. A machine that was suspended counts as one whose clock was.
/// </summary>
internal sealed class WallClock(TimeProvider time)
{
    // Slewing by NTP stays far below; what is set by less harms nobody.
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);

    private volatile Reading _last = new(time.GetTimestamp(), time.GetUtcNow());

    /// <summary>The time.</summary>
    public DateTimeOffset Now => At(_last, time.GetTimestamp());

    /// <summary>Takes the machine's time from here on; how far it was set since the last call, and zero as a rule.</summary>
    public TimeSpan TakeJump()
    {
        var before = _last;
        var now = new Reading(time.GetTimestamp(), time.GetUtcNow());
        _last = now;
        var by = now.Wall - At(before, now.Stamp);
        return by.Duration() < Least ? TimeSpan.Zero : by;
    }

    private DateTimeOffset At(Reading last, long stamp) => last.Wall + time.GetElapsedTime(last.Stamp, stamp);

    private sealed record Reading(long Stamp, DateTimeOffset Wall);
}
