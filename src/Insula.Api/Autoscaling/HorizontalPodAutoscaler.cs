using Insula.Api.Meta;

namespace Insula.Api.Autoscaling;

/// <summary>A number of replicas that follows what the pods use (autoscaling/v2 HorizontalPodAutoscaler).</summary>
public sealed record HorizontalPodAutoscaler
{
    /// <summary>Always "HorizontalPodAutoscaler".</summary>
    public string Kind { get; init => field = value ?? "HorizontalPodAutoscaler"; } = "HorizontalPodAutoscaler";

    /// <summary>Always "autoscaling/v2".</summary>
    public string ApiVersion { get; init => field = value ?? "autoscaling/v2"; } = "autoscaling/v2";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is wanted.</summary>
    public HorizontalPodAutoscalerSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What is; written by the daemon, ignored in manifests.</summary>
    public HorizontalPodAutoscalerStatus Status { get; init => field = value ?? new(); } = new();
}
