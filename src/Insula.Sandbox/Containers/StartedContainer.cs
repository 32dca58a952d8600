namespace Insula.Sandbox.Containers;

/// <summary>A container whose program has just been exec'd.</summary>
/// <param name="Pid">Its first process in the host's numbering.</param>
/// <param name="StartedAt">When.</param>
/// <param name="User">The ids the kernel gave its first process; null when they were not told.</param>
/// <param name="OomScoreAdjRefused">The kernel refused the wanted <c>oom_score_adj</c> (lowering needs CAP_SYS_RESOURCE); the
/// container runs with the inherited one.</param>
/// <param name="ResourceLimitRefused">The kernel refused a resource limit (raising a hard one needs CAP_SYS_RESOURCE); the
/// container runs with the nearest allowed.</param>
public sealed record StartedContainer(int Pid, DateTimeOffset StartedAt, ProcessUser? User, bool OomScoreAdjRefused, bool ResourceLimitRefused);
