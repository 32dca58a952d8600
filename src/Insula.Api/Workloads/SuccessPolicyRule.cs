namespace Insula.Api.Workloads;

/// <summary>Which indexes are enough (batch/v1 SuccessPolicyRule).</summary>
public sealed record SuccessPolicyRule
{
    /// <summary>Indexes that have to succeed, as 1,3-5: all of them, or succeededCount of them. Default all indexes.</summary>
    public string? SucceededIndexes { get; init; }

    /// <summary>How many have to succeed.</summary>
    public int? SucceededCount { get; init; }
}
