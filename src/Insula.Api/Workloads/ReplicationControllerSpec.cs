using System.Text.Json.Nodes;
using Insula.Api.Values;

namespace Insula.Api.Workloads;

/// <summary>What a ReplicationController should be (core/v1 ReplicationControllerSpec).</summary>
public sealed record ReplicationControllerSpec
{
    /// <summary>How many pods. Default 1.</summary>
    public int? Replicas { get; init; }

    /// <summary>Seconds a pod has to be ready before it counts as available. Default 0.</summary>
    public int? MinReadySeconds { get; init; }

    /// <summary>Labels of its pods. Default those of the template.</summary>
    public IReadOnlyDictionary<string, string> Selector { get; init => field = value ?? Empty.Map; } = Empty.Map;

    /// <summary>What its pods are made from.</summary>
    public JsonObject Template { get; init => field = value ?? []; } = [];
}
