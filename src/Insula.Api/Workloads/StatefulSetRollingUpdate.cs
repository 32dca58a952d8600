using Insula.Api.Values;

namespace Insula.Api.Workloads;

/// <summary>Limits of a rolling update (apps/v1 StatefulSetRollingUpdate).</summary>
public sealed record StatefulSetRollingUpdate
{
    /// <summary>Pods whose number, counted from the first, is lower keep the old template. Default 0.</summary>
    public int? Partition { get; init; }

    /// <summary>How many pods may be unavailable meanwhile: a number, or a percentage of replicas, rounded down, at least 1. Default 1.</summary>
    public IntOrString? MaxUnavailable { get; init; }
}
