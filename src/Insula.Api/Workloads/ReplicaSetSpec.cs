using System.Text.Json.Nodes;
using Insula.Api.Meta;

namespace Insula.Api.Workloads;

/// <summary>What a ReplicaSet should be (apps/v1 ReplicaSetSpec).</summary>
public sealed record ReplicaSetSpec
{
    /// <summary>How many pods. Default 1.</summary>
    public int? Replicas { get; init; }

    /// <summary>Seconds a pod has to be ready before it counts as available. Default 0.</summary>
    public int? MinReadySeconds { get; init; }

    /// <summary>The pods it is about; cannot be changed. The template's labels must match it.</summary>
    public LabelSelectorFields? Selector { get; init; }

    /// <summary>What its pods are made from.</summary>
    public JsonObject Template { get; init => field = value ?? []; } = [];
}
