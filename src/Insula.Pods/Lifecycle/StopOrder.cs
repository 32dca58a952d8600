namespace Insula.Pods.Lifecycle;

/// <summary>A stop that was ordered.</summary>
/// <param name="Cause">Why.</param>
/// <param name="At">When the order was given: the grace runs from here.</param>
/// <param name="Grace">How long the container has before its cgroup is killed.</param>
public sealed record StopOrder(StopCause Cause, DateTimeOffset At, TimeSpan Grace);
