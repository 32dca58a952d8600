using Insula.Api.Core;

namespace Insula.Pods.Probes;

/// <summary>When a probe runs and what counts, with Kubernetes' defaults.</summary>
internal sealed record ProbeTimes(TimeSpan InitialDelay, TimeSpan Period, TimeSpan Timeout, int SuccessThreshold, int FailureThreshold)
{
    public static ProbeTimes Of(Probe probe) => new(
        Time(probe.InitialDelayMilliseconds, probe.InitialDelaySeconds ?? 0),
        Time(probe.PeriodMilliseconds, Math.Max(probe.PeriodSeconds ?? 10, 1)),
        Time(probe.TimeoutMilliseconds, Math.Max(probe.TimeoutSeconds ?? 1, 1)),
        Math.Max(probe.SuccessThreshold ?? 1, 1),
        Math.Max(probe.FailureThreshold ?? 3, 1));

    private static TimeSpan Time(int? milliseconds, int seconds) =>
        milliseconds is { } finely ? TimeSpan.FromMilliseconds(finely) : TimeSpan.FromSeconds(seconds);
}
