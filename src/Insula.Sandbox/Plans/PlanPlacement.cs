using Insula.Linux;

namespace Insula.Sandbox.Plans;

/// <summary>Where a process is put: the cgroup2 directory and the <c>tasks</c> files of the v1 hierarchies.</summary>
/// <param name="UnifiedDirectory">For CLONE_INTO_CGROUP; null without a cgroup2 hierarchy.</param>
/// <param name="V1Tasks">Files into which the child writes <c>0</c> before it has a second thread.</param>
internal sealed record PlanPlacement(Descriptor? UnifiedDirectory, IReadOnlyList<Descriptor> V1Tasks)
{
    /// <summary>Version 1 hierarchies, by the names they are mounted under, in which it is not put.</summary>
    public IReadOnlyList<string> UnusedHierarchies { get; init; } = [];
}
