namespace Insula.Api.Workloads;

/// <summary>When some indexes of a Job are enough (batch/v1 SuccessPolicy).</summary>
public sealed record SuccessPolicy
{
    /// <summary>The first that is met ends the Job.</summary>
    public IReadOnlyList<SuccessPolicyRule> Rules { get; init => field = value ?? []; } = [];
}
