namespace Insula.Api.Autoscaling;

/// <summary>How fast pods may become more and fewer (autoscaling/v2 HorizontalPodAutoscalerBehavior).</summary>
public sealed record ScalingBehavior
{
    /// <summary>Rules for more; null for the defaults.</summary>
    public ScalingRules? ScaleUp { get; init; }

    /// <summary>Rules for fewer; null for the defaults.</summary>
    public ScalingRules? ScaleDown { get; init; }
}
