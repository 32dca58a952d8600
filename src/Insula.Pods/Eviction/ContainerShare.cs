namespace Insula.Pods.Eviction;

/// <summary>What one container has of what its pod uses.</summary>
/// <param name="Name">The container.</param>
/// <param name="Requested">What it requests.</param>
/// <param name="Used">What it uses.</param>
public sealed record ContainerShare(string Name, long Requested, long Used);
