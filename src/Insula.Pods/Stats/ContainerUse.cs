namespace Insula.Pods.Stats;

/// <summary>What one running container uses; its counters begin at its start.</summary>
/// <param name="Name">The container's name.</param>
/// <param name="StartedAt">When this start of it began.</param>
/// <param name="Use">The counters.</param>
/// <param name="OomKills">Processes that the kernel killed for want of memory since the start.</param>
public sealed record ContainerUse(string Name, DateTimeOffset StartedAt, ResourceUse Use, long OomKills);
