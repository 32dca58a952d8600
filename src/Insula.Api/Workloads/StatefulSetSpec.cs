using System.Text.Json.Nodes;
using Insula.Api.Meta;

namespace Insula.Api.Workloads;

/// <summary>What a StatefulSet should be (apps/v1 StatefulSetSpec).</summary>
public sealed record StatefulSetSpec
{
    /// <summary>How many pods. Default 1.</summary>
    public int? Replicas { get; init; }

    /// <summary>The pods it is about; cannot be changed. The template's labels must match it.</summary>
    public LabelSelectorFields? Selector { get; init; }

    /// <summary>What its pods are made from.</summary>
    public JsonObject Template { get; init => field = value ?? []; } = [];

    /// <summary>The headless Service by which its pods have names: POD.SERVICE.NAMESPACE.svc. Cannot be changed.</summary>
    public string? ServiceName { get; init; }

    /// <summary>OrderedReady: one after the other, each when the one before is ready, and in the reverse order down. Default OrderedReady.</summary>
    public string? PodManagementPolicy { get; init; }

    /// <summary>How pods are replaced when the template changes.</summary>
    public StatefulSetUpdateStrategy? UpdateStrategy { get; init; }

    /// <summary>Seconds a pod has to be ready before it counts as available. Default 0.</summary>
    public int? MinReadySeconds { get; init; }

    /// <summary>How the pods are numbered.</summary>
    public StatefulSetOrdinals? Ordinals { get; init; }

    /// <summary>How many old templates are kept.</summary>
    public int? RevisionHistoryLimit { get; init; }

    /// <summary>What becomes of the claims of pods that are no more.</summary>
    public ClaimRetentionPolicy? PersistentVolumeClaimRetentionPolicy { get; init; }

    /// <summary>Claims that each pod has of its own; documents, since they are made as they are.</summary>
    public IReadOnlyList<JsonObject> VolumeClaimTemplates { get; init => field = value ?? []; } = [];
}
