using Insula.Api.Values;

namespace Insula.Api.Workloads;

/// <summary>Limits of a rolling update (apps/v1 RollingUpdateDeployment, RollingUpdateDaemonSet).</summary>
public sealed record RollingUpdate
{
    /// <summary>How many pods may be unavailable meanwhile: a number, or a percentage of replicas, rounded down. Default 25%; of a DaemonSet 1.</summary>
    public IntOrString? MaxUnavailable { get; init; }

    /// <summary>How many pods there may be above what is wanted: a number, or a percentage, rounded up. Default 25%; of a DaemonSet 0.</summary>
    public IntOrString? MaxSurge { get; init; }
}
