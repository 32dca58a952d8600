using Insula.Api.Values;

namespace Insula.Api.Workloads;

/// <summary>Limits of a rolling update (apps/v1 StatefulSetRollingUpdate).</summary>
public sealed record StatefulSetRollingUpdate
{
    /// <summary>Pods with a lower number keep the old template.</summary>
    public int? Partition { get; init; }

    /// <summary>How many pods may be unavailable meanwhile.</summary>
    public IntOrString? MaxUnavailable { get; init; }
}
