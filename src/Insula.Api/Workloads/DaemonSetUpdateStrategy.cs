namespace Insula.Api.Workloads;

/// <summary>How the pod of a DaemonSet is replaced (apps/v1 DaemonSetUpdateStrategy).</summary>
public sealed record DaemonSetUpdateStrategy
{
    /// <summary>OnDelete: only when somebody deletes it. Default RollingUpdate.</summary>
    public string? Type { get; init; }

    /// <summary>Limits of a rolling update: with maxSurge 1 the new pod is ready before the old one ends.</summary>
    public RollingUpdate? RollingUpdate { get; init; }
}
