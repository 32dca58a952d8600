namespace Insula.Api.Workloads;

/// <summary>How pods are replaced (apps/v1 DeploymentStrategy).</summary>
public sealed record DeploymentStrategy
{
    /// <summary>Recreate: all old pods end before the first new one starts. Default RollingUpdate.</summary>
    public string? Type { get; init; }

    /// <summary>Limits of a rolling update.</summary>
    public RollingUpdate? RollingUpdate { get; init; }
}
