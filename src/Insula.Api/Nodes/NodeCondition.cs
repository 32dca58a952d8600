namespace Insula.Api.Nodes;

/// <summary>A condition of the machine (core/v1 NodeCondition).</summary>
public sealed record NodeCondition
{
    /// <summary>What it is about.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>True, False or Unknown.</summary>
    public string Status { get; init => field = value ?? ""; } = "";

    /// <summary>When it was written last: with a change of any condition, and when the daemon starts.</summary>
    public DateTimeOffset? LastHeartbeatTime { get; init; }

    /// <summary>When the status last changed.</summary>
    public DateTimeOffset? LastTransitionTime { get; init; }

    /// <summary>One word.</summary>
    public string? Reason { get; init; }

    /// <summary>Text for people.</summary>
    public string? Message { get; init; }
}
