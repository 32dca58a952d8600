namespace Insula.Api.Core;

/// <summary>A condition that a pod needs for being ready (core/v1 PodReadinessGate).</summary>
public sealed record PodReadinessGate
{
    /// <summary>Type of the condition.</summary>
    public string ConditionType { get; init => field = value ?? ""; } = "";
}
