using System.Text.Json.Nodes;
using Insula.Api.Selectors;
using Insula.Api.Workloads;
using Insula.Workloads.Pods;

namespace Insula.Workloads.ReplicaSets;

/// <summary>What a ReplicaSet and a ReplicationController have in common: so many pods of one template.</summary>
/// <param name="Owner">Which it is.</param>
/// <param name="Wanted">How many pods.</param>
/// <param name="MinReadySeconds">How long a pod is ready before it is available.</param>
/// <param name="Template">What they are made from.</param>
/// <param name="Status">What was published last.</param>
public sealed record Replicas(PodOwner Owner, int Wanted, int MinReadySeconds, JsonObject Template, ReplicaSetStatus Status)
{
    /// <summary>Those of a ReplicaSet.</summary>
    public static Replicas Of(ReplicaSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        return new(
            new PodOwner("apps/v1", "ReplicaSet", set.Metadata, set.Spec.Selector?.ToSelector() ?? LabelSelector.Everything),
            set.Spec.Replicas ?? 1, set.Spec.MinReadySeconds ?? 0, set.Spec.Template, set.Status);
    }

    /// <summary>Those of a ReplicationController.</summary>
    public static Replicas Of(ReplicationController controller)
    {
        ArgumentNullException.ThrowIfNull(controller);
        return new(
            new PodOwner("v1", "ReplicationController", controller.Metadata, LabelSelector.From(controller.Spec.Selector, [])),
            controller.Spec.Replicas ?? 1, controller.Spec.MinReadySeconds ?? 0, controller.Spec.Template, controller.Status);
    }
}
