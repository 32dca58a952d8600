using System.Diagnostics;

namespace Insula.Linux.Sockets;

/// <summary>The timers of a loop, by the time they are due.</summary>
internal sealed class LoopTimers
{
    private readonly Lock _lock = new();
    private readonly SortedSet<LoopTimer> _waiting = new(Comparer<LoopTimer>.Create((a, b) => a.Place.CompareTo(b.Place)));
    private long _next;

    /// <summary>Puts a timer where it belongs.</summary>
    /// <param name="timer">The timer.</param>
    /// <param name="due">When it is due; null for never.</param>
    /// <param name="period">Ticks between later calls; zero for none.</param>
    /// <returns>Whether it is the next of all.</returns>
    public bool Set(LoopTimer timer, long? due, long period)
    {
        lock (_lock)
        {
            timer.Period = period;
            Place(timer, due);
            return due is not null && _waiting.Min == timer;
        }
    }

    /// <summary>Milliseconds until the next is due, not less; -1 without any.</summary>
    public int Wait(long now)
    {
        lock (_lock)
        {
            return _waiting.Min is not { } next ? -1
                : next.Place.Due <= now ? 0
                : (int)Math.Min(int.MaxValue, ((next.Place.Due - now) * 1000 / Stopwatch.Frequency) + 1);
        }
    }

    /// <summary>Calls those that are due.</summary>
    public void RunDue(long now)
    {
        while (Take(now) is { } timer)
        {
            timer.Call();
        }
    }

    private LoopTimer? Take(long now)
    {
        lock (_lock)
        {
            if (_waiting.Min is not { } timer || timer.Place.Due > now)
            {
                return null;
            }

            Place(timer, timer.Period > 0 ? now + timer.Period : null);
            return timer;
        }
    }

    // Its place is what it is found by, so it changes only outside.
    private void Place(LoopTimer timer, long? due)
    {
        _waiting.Remove(timer);
        if (due is { } at)
        {
            timer.Place = (at, _next++);
            _waiting.Add(timer);
        }
    }
}
