namespace Insula.Api.Autoscaling;

/// <summary>A limit of a change (autoscaling/v2 HPAScalingPolicy).</summary>
public sealed record ScalingPolicy
{
    /// <summary>Pods or Percent.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>So many of them.</summary>
    public int Value { get; init; }

    /// <summary>In so many seconds.</summary>
    public int PeriodSeconds { get; init; }
}
