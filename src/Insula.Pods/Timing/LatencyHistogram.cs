namespace Insula.Pods.Timing;

/// <summary>How long something has taken, each time: counts by upper bound. Any thread may add.</summary>
public sealed class LatencyHistogram
{
    private readonly long[] _counts = new long[Bounds.Length + 1];
    private long _ticks;

    /// <summary>The upper bounds, inclusive, in seconds, ascending; above the last one there is one count more.</summary>
    public static ReadOnlySpan<double> Bounds => [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    /// <summary>The sum of all times.</summary>
    public TimeSpan Sum => TimeSpan.FromTicks(Interlocked.Read(ref _ticks));

    /// <summary>One time more.</summary>
    public void Add(TimeSpan time)
    {
        var seconds = time.TotalSeconds;
        var index = 0;
        while (index < Bounds.Length && seconds > Bounds[index])
        {
            index++;
        }

        Interlocked.Increment(ref _counts[index]);
        Interlocked.Add(ref _ticks, time.Ticks);
    }

    /// <summary>For each bound how many times were at most it, then how many there were at all.</summary>
    public IReadOnlyList<long> Cumulated()
    {
        var sums = new long[_counts.Length];
        long sum = 0;
        for (var i = 0; i < sums.Length; i++)
        {
            sums[i] = sum += Interlocked.Read(ref _counts[i]);
        }

        return sums;
    }
}
