namespace Insula.Api.Workloads;

/// <summary>Pods that have ended and are being counted (batch/v1 UncountedTerminatedPods).</summary>
public sealed record UncountedTerminatedPods
{
    /// <summary>UIDs of those that have succeeded.</summary>
    public IReadOnlyList<string> Succeeded { get; init => field = value ?? []; } = [];

    /// <summary>UIDs of those that have failed.</summary>
    public IReadOnlyList<string> Failed { get; init => field = value ?? []; } = [];
}
