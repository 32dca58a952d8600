using System.Text.Json.Nodes;
using Insula.Api.Meta;

namespace Insula.Api.Workloads;

/// <summary>A template that a StatefulSet or DaemonSet has or had (apps/v1 ControllerRevision).</summary>
public sealed record ControllerRevision
{
    /// <summary>Always "ControllerRevision".</summary>
    public string Kind { get; init => field = value ?? "ControllerRevision"; } = "ControllerRevision";

    /// <summary>Always "apps/v1".</summary>
    public string ApiVersion { get; init => field = value ?? "apps/v1"; } = "apps/v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What restores it: a strategic merge patch of the set, with its template whole; of what others write, anything. Null when it is missing.</summary>
    public JsonNode? Data { get; init; }

    /// <summary>Its number among those of the set; the highest is the present one's.</summary>
    public long Revision { get; init; }
}
