using Insula.Api.Autoscaling;

namespace Insula.Workloads.Autoscaling;

/// <summary>What follows from one metric.</summary>
/// <param name="Replicas">How many pods it wants; null when it cannot be told.</param>
/// <param name="Name">What was measured, for people.</param>
/// <param name="Status">What was found; null when nothing was.</param>
/// <param name="Problem">Why it cannot be told.</param>
internal sealed record MetricProposal(int? Replicas, string Name, MetricStatus? Status, string? Problem = null);
