namespace Insula.Api.Workloads;

/// <summary>What a certain failure means (batch/v1 PodFailurePolicyRule).</summary>
public sealed record PodFailurePolicyRule
{
    /// <summary>FailJob: the Job has failed. FailIndex: its index has, with backoffLimitPerIndex alone. Ignore: it does not count. Count: it counts.</summary>
    public string Action { get; init => field = value ?? ""; } = "";

    /// <summary>Fits by exit codes of containers.</summary>
    public PodFailurePolicyExitCodes? OnExitCodes { get; init; }

    /// <summary>Fits by conditions of the pod.</summary>
    public IReadOnlyList<PodFailurePolicyCondition> OnPodConditions { get; init => field = value ?? []; } = [];
}
