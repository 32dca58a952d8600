using Insula.Api.Core;

namespace Insula.Workloads.Pods;

/// <summary>
/// Pods that failed as a whole, since the machine would not have them or their time was over: a few stay to be looked at, and they are replaced
/// slower and slower.
/// </summary>
internal static class FailedPods
{
    /// <summary>How many stay.</summary>
    public const int Kept = 6;

    private static readonly TimeSpan s_firstDelay = TimeSpan.FromSeconds(5);

    /// <summary>Those that are more than stay, and when the latest may be replaced; null for at once.</summary>
    public static (IReadOnlyList<WorkloadPod> Surplus, DateTimeOffset? Next) Of(IEnumerable<WorkloadPod> pods)
    {
        var failed = pods.Where(p => p is { Phase: PodPhases.Failed, IsDeleted: false }).OrderByDescending(p => p.Ended).ThenBy(p => p.Name, StringComparer.Ordinal).ToList();
        return ([.. failed.Skip(Kept)], failed.Count == 0 ? null : failed[0].Ended + (s_firstDelay * (1 << (Math.Min(failed.Count, Kept) - 1))));
    }
}
