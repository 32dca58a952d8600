namespace Insula.Api.Core;

/// <summary>A condition of a namespace (core/v1 NamespaceCondition).</summary>
public sealed record NamespaceCondition
{
    /// <summary>What it is about.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>True, False or Unknown.</summary>
    public string Status { get; init => field = value ?? ""; } = "";

    /// <summary>When status last changed.</summary>
    public DateTimeOffset? LastTransitionTime { get; init; }

    /// <summary>One word.</summary>
    public string? Reason { get; init; }

    /// <summary>Text for people.</summary>
    public string? Message { get; init; }
}
