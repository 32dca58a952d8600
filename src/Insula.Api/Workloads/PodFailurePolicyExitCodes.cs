namespace Insula.Api.Workloads;

/// <summary>Fits by exit codes of containers that failed (batch/v1 PodFailurePolicyExitCodes).</summary>
public sealed record PodFailurePolicyExitCodes
{
    /// <summary>The container; all of them when not given.</summary>
    public string? ContainerName { get; init; }

    /// <summary>In: one of the values; NotIn: none of them.</summary>
    public string Operator { get; init => field = value ?? ""; } = "";

    /// <summary>Exit codes, in order.</summary>
    public IReadOnlyList<int> Values { get; init => field = value ?? []; } = [];
}
