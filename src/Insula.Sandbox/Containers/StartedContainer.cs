namespace Insula.Sandbox.Containers;

/// <summary>A container whose program has just been exec'd.</summary>
/// <param name="Pid">Its first process in the host's numbering.</param>
/// <param name="StartedAt">When.</param>
/// <param name="OomScoreAdjRefused">The kernel refused the wanted <c>oom_score_adj</c> (lowering needs CAP_SYS_RESOURCE); the
/// container runs with the inherited one.</param>
public sealed record StartedContainer(int Pid, DateTimeOffset StartedAt, bool OomScoreAdjRefused);
