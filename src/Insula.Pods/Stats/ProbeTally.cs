using Insula.Pods.Lifecycle;
using Insula.Pods.Timing;

namespace Insula.Pods.Stats;

/// <summary>What one probe of a container has found, over all starts of the container that this daemon has seen.</summary>
/// <param name="container">The container's name.</param>
/// <param name="kind">Which of its probes.</param>
public sealed class ProbeTally(string container, ProbeKind kind)
{
    private long _successes;
    private long _failures;

    /// <summary>The container's name.</summary>
    public string Container => container;

    /// <summary>Which of its probes.</summary>
    public ProbeKind Kind => kind;

    /// <summary>Probings that counted as a success.</summary>
    public long Successes => Interlocked.Read(ref _successes);

    /// <summary>Probings that did not.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>How long they took.</summary>
    public LatencyHistogram Durations { get; } = new();

    /// <summary>One probing more.</summary>
    /// <param name="ok">Whether it counted as a success.</param>
    /// <param name="took">How long it took.</param>
    public void Add(bool ok, TimeSpan took)
    {
        Interlocked.Increment(ref ok ? ref _successes : ref _failures);
        Durations.Add(took);
    }
}
