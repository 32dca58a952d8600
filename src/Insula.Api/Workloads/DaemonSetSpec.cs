using System.Text.Json.Nodes;
using Insula.Api.Meta;

namespace Insula.Api.Workloads;

/// <summary>What a DaemonSet should be (apps/v1 DaemonSetSpec).</summary>
public sealed record DaemonSetSpec
{
    /// <summary>The pods it is about; cannot be changed. The template's labels must match it.</summary>
    public LabelSelectorFields? Selector { get; init; }

    /// <summary>What its pods are made from.</summary>
    public JsonObject Template { get; init => field = value ?? []; } = [];

    /// <summary>How the pod is replaced when the template changes.</summary>
    public DaemonSetUpdateStrategy? UpdateStrategy { get; init; }

    /// <summary>Seconds a pod has to be ready before it counts as available. Default 0.</summary>
    public int? MinReadySeconds { get; init; }

    /// <summary>How many old templates are kept.</summary>
    public int? RevisionHistoryLimit { get; init; }
}
