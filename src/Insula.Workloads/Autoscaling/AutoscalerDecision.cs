using Insula.Api.Autoscaling;

namespace Insula.Workloads.Autoscaling;

/// <summary>What an autoscaler makes of what it sees.</summary>
/// <param name="Replicas">The number to set; null for no change.</param>
/// <param name="Status">The status to publish.</param>
/// <param name="History">What to remember, once it is done.</param>
/// <param name="Notes">What to tell.</param>
public sealed record AutoscalerDecision(int? Replicas, HorizontalPodAutoscalerStatus Status, ScalingHistory History, IReadOnlyList<WorkloadNote> Notes);
