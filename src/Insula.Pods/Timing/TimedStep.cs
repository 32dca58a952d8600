namespace Insula.Pods.Timing;

/// <summary>A step of a pod's start, restart or change.</summary>
/// <param name="Name">What was done.</param>
/// <param name="Container">For which container; null when for the pod.</param>
/// <param name="Depth">How many steps it is a part of.</param>
/// <param name="Began">When it began.</param>
/// <param name="Duration">How long it took.</param>
public sealed record TimedStep(string Name, string? Container, int Depth, DateTimeOffset Began, TimeSpan Duration);
