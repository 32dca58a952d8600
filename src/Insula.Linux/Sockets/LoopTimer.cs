namespace Insula.Linux.Sockets;

/// <summary>A timer that is called on the thread of a loop, which it must not hold up.</summary>
internal sealed class LoopTimer(SocketLoop loop, LoopTimers timers, TimerCallback callback, object? state) : ITimer
{
    /// <summary>When it is due, and a number that no other has: what it is found by while it waits. Under the lock of the timers, as is the period.</summary>
    public (long Due, long Number) Place { get; set; } = (long.MaxValue, -1);

    /// <summary>Ticks of the clock between two calls; zero for one call.</summary>
    public long Period { get; set; }

    public void Call() => callback(state);

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        var due = dueTime == Timeout.InfiniteTimeSpan ? (long?)null : loop.GetTimestamp() + Ticks(dueTime);
        if (timers.Set(this, due, period == Timeout.InfiniteTimeSpan ? 0 : Ticks(period)))
        {
            loop.Wake();
        }

        return true;
    }

    public void Dispose() => timers.Set(this, null, 0);

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * loop.TimestampFrequency);
}
