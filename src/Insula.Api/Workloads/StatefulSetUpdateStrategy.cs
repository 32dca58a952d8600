namespace Insula.Api.Workloads;

/// <summary>How pods of a StatefulSet are replaced (apps/v1 StatefulSetUpdateStrategy).</summary>
public sealed record StatefulSetUpdateStrategy
{
    /// <summary>OnDelete: only when somebody deletes them. Default RollingUpdate: one after the other, from the highest number down, each when the one before is ready.</summary>
    public string? Type { get; init; }

    /// <summary>Limits of a rolling update.</summary>
    public StatefulSetRollingUpdate? RollingUpdate { get; init; }
}
