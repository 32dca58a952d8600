using Insula.Pods.Lifecycle;

namespace Insula.Pods.Probes;

/// <summary>
/// What a probe's results mean: a verdict changes when enough equal results came in a row. Pure; the whole state is in
/// the record, so that it can be kept over a restart of the daemon.
/// </summary>
/// <param name="Verdict">The verdict so far.</param>
/// <param name="LastOk">The last result.</param>
/// <param name="Run">How many results in a row were like the last; 0 before the first.</param>
internal readonly record struct ProbeCounter(ProbeVerdict Verdict, bool LastOk, int Run)
{
    /// <summary>The state before the first result: readiness is refused, liveness assumed, startup open.</summary>
    public static ProbeCounter Initial(ProbeKind kind) => new(
        kind switch
        {
            ProbeKind.Readiness => ProbeVerdict.Failure,
            ProbeKind.Liveness => ProbeVerdict.Success,
            _ => ProbeVerdict.Unknown,
        },
        false,
        0);

    /// <summary>The state after one more result.</summary>
    public ProbeCounter After(bool ok, int successThreshold, int failureThreshold)
    {
        var run = Run > 0 && LastOk == ok ? (Run == int.MaxValue ? Run : Run + 1) : 1;
        var enough = run >= (ok ? successThreshold : failureThreshold);
        return new ProbeCounter(enough ? (ok ? ProbeVerdict.Success : ProbeVerdict.Failure) : Verdict, ok, run);
    }
}
