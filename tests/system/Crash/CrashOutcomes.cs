using System.Collections.Concurrent;

namespace Insula.SystemTests.Crash;

/// <summary>What came of the crashes that were tried, by several worlds at once.</summary>
internal sealed class CrashOutcomes
{
    private int _survived;

    public int Survived => _survived;

    public int Reached => Survived + Failures.Count;

    /// <summary>Those whose failpoint was not come to this time.</summary>
    public ConcurrentQueue<Encounter> Missed { get; } = [];

    /// <summary>Which were not survived, and why.</summary>
    public ConcurrentQueue<string> Failures { get; } = [];

    /// <summary>Of one that ended well.</summary>
    public void Add(Encounter encounter, bool reached)
    {
        if (reached)
        {
            Interlocked.Increment(ref _survived);
        }
        else
        {
            Missed.Enqueue(encounter);
        }
    }
}
