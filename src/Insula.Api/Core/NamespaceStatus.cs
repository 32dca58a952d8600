namespace Insula.Api.Core;

/// <summary>State of a namespace (core/v1 NamespaceStatus).</summary>
public sealed record NamespaceStatus
{
    /// <summary>Active or Terminating.</summary>
    public string? Phase { get; init; }

    /// <summary>Why a deletion is not finished.</summary>
    public IReadOnlyList<NamespaceCondition> Conditions { get; init => field = value ?? []; } = [];
}
