namespace Insula.Api.PodSecurity;

/// <summary>What becomes of a request about a pod.</summary>
public sealed record PodSecurityDecision
{
    /// <summary>Allowed, and nothing to say about it.</summary>
    public static readonly PodSecurityDecision Allowed = new();

    /// <summary>Why the pod is forbidden; null when it is allowed.</summary>
    public string? Refusal { get; init; }

    /// <summary>What to tell who made the request.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What to note in the audit log, by Kubernetes' names of these annotations without their domain.</summary>
    public IReadOnlyList<(string Key, string Value)> Audit { get; init; } = [];
}
