namespace Insula.Linux.Cgroups;

/// <summary>Counters of what happened in a cgroup and below it.</summary>
/// <param name="OomKills">Processes killed by the memory controller.</param>
/// <param name="PidsMaxHits">Forks refused by <c>pids.max</c>.</param>
public sealed record CgroupEvents(long OomKills, long PidsMaxHits);
