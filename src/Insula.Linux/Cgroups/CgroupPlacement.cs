namespace Insula.Linux.Cgroups;

/// <summary>What a launcher needs to start a process inside a cgroup in every hierarchy.</summary>
/// <param name="UnifiedDirectory">The cgroup2 directory for CLONE_INTO_CGROUP; null on pure v1.</param>
/// <param name="V1Tasks">The <c>tasks</c> files, opened for writing; the child writes <c>0</c> to each before it has threads.</param>
public sealed record CgroupPlacement(Descriptor? UnifiedDirectory, IReadOnlyList<Descriptor> V1Tasks) : IDisposable
{
    /// <summary>Closes the descriptors.</summary>
    public void Dispose()
    {
        UnifiedDirectory?.Dispose();
        foreach (var tasks in V1Tasks)
        {
            tasks.Dispose();
        }
    }
}
