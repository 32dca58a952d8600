namespace Insula.Workloads.Autoscaling;

/// <summary>A container of a pod that is scaled.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Requests">What it requests.</param>
/// <param name="Use">What it uses; memory without inactive file pages.</param>
public sealed record ScaledContainer(string Name, ResourceAmounts Requests, ResourceAmounts Use);
