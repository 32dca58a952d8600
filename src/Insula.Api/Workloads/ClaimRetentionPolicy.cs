namespace Insula.Api.Workloads;

/// <summary>What becomes of the claims of a StatefulSet (apps/v1 StatefulSetPersistentVolumeClaimRetentionPolicy).</summary>
public sealed record ClaimRetentionPolicy
{
    /// <summary>What claims are kept by.</summary>
    public const string Retain = "Retain";

    /// <summary>What they go by.</summary>
    public const string Delete = "Delete";

    /// <summary>When the set is deleted: Retain or Delete.</summary>
    public string? WhenDeleted { get; init; }

    /// <summary>When there are fewer pods: Retain or Delete.</summary>
    public string? WhenScaled { get; init; }
}
