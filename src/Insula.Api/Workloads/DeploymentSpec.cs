using System.Text.Json.Nodes;
using Insula.Api.Meta;

namespace Insula.Api.Workloads;

/// <summary>What a Deployment should be (apps/v1 DeploymentSpec).</summary>
public sealed record DeploymentSpec
{
    /// <summary>How many pods. Default 1.</summary>
    public int? Replicas { get; init; }

    /// <summary>The pods it is about; cannot be changed. The template's labels must match it.</summary>
    public LabelSelectorFields? Selector { get; init; }

    /// <summary>What its pods are made from.</summary>
    public JsonObject Template { get; init => field = value ?? []; } = [];

    /// <summary>How pods are replaced when the template changes.</summary>
    public DeploymentStrategy? Strategy { get; init; }

    /// <summary>Seconds a pod has to be ready before it counts as available. Default 0.</summary>
    public int? MinReadySeconds { get; init; }

    /// <summary>How many old ReplicaSets are kept for a rollback. Default 10.</summary>
    public int? RevisionHistoryLimit { get; init; }

    /// <summary>Whether changes of the template wait. Default false.</summary>
    public bool? Paused { get; init; }

    /// <summary>Seconds without progress after which the condition Progressing is False. Default 600; more than minReadySeconds.</summary>
    public int? ProgressDeadlineSeconds { get; init; }
}
