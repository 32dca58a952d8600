namespace Insula.Workloads.Autoscaling;

/// <summary>Something that was recommended or done.</summary>
/// <param name="At">When.</param>
/// <param name="Replicas">A recommended number, or by how many it was changed: negative for fewer.</param>
public readonly record struct ScalingChange(DateTimeOffset At, int Replicas);
