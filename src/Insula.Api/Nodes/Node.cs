using Insula.Api.Meta;

namespace Insula.Api.Nodes;

/// <summary>The machine (core/v1 Node). There is one; the daemon makes it and keeps it true.</summary>
public sealed record Node
{
    /// <summary>Always "Node".</summary>
    public string Kind { get; init => field = value ?? "Node"; } = "Node";

    /// <summary>Always "v1".</summary>
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>Whether it takes pods.</summary>
    public NodeSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What it has and how it is; the daemon's to write.</summary>
    public NodeStatus Status { get; init => field = value ?? new(); } = new();
}
