using Insula.Linux.Events;

namespace Insula.Linux.Cgroups;

/// <summary>
/// The instance's cgroups, in as many hierarchies as the host has: one tree of relative paths such as
/// <c>pods/burstable/pod…/web.0</c> below one root, made, limited, read, killed and removed in all of them alike.
/// </summary>
public sealed class CgroupTree
{
    /// <summary>How the host is set up.</summary>
    public CgroupMode Mode => throw new NotImplementedException();

    /// <summary>The controllers that are at hand, by their kernel names (<c>memory</c>, <c>cpu</c>, <c>pids</c> …).</summary>
    public IReadOnlySet<string> Controllers => throw new NotImplementedException();

    /// <summary>Finds the hierarchies from /proc/self/mountinfo and creates the root group in each.</summary>
    /// <param name="rootName">The instance's group: <c>insula</c> or <c>insula-TAG</c>.</param>
    /// <param name="loop">Waits for the events of groups.</param>
    /// <exception cref="LinuxException">A hierarchy is read-only, or the group cannot be made.</exception>
    public static CgroupTree Detect(string rootName, EventLoop loop) => throw new NotImplementedException();

    /// <summary>Creates a group, and its missing parents, in every hierarchy and limits it; an existing one is limited anew.</summary>
    public void Create(string path, CgroupSettings settings) => throw new NotImplementedException();

    /// <summary>Sets limits of an existing group.</summary>
    public void Apply(string path, CgroupSettings settings) => throw new NotImplementedException();

    /// <summary>Opens what a launcher needs to put a process into the group. The caller disposes it.</summary>
    public CgroupPlacement OpenPlacement(string path) => throw new NotImplementedException();

    /// <summary>Kills everything in the group and below it; completes when no process is left in it.</summary>
    /// <exception cref="TimeoutException">Processes remain at the deadline (in uninterruptible sleep); the message names them.</exception>
    public Task KillAsync(string path, TimeSpan deadline, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Removes the group and everything below it from all hierarchies; one that is not there is fine.</summary>
    /// <exception cref="TimeoutException">It stayed busy until the deadline; the message names its processes.</exception>
    public Task RemoveAsync(string path, TimeSpan deadline, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Counters of out-of-memory kills and refused forks; zero for a group that is not there.</summary>
    public CgroupEvents ReadEvents(string path) => throw new NotImplementedException();

    /// <summary>Use of resources; all null for a group that is not there.</summary>
    public CgroupStats ReadStats(string path) => throw new NotImplementedException();

    /// <summary>Names of the groups directly below, over all hierarchies; empty for a group that is not there.</summary>
    /// <param name="path">Relative path; empty for the instance's root.</param>
    public IReadOnlyList<string> List(string path) => throw new NotImplementedException();

    /// <summary>Whether the group exists in any hierarchy.</summary>
    public bool Exists(string path) => throw new NotImplementedException();

    /// <summary>The processes directly in the group, over all hierarchies.</summary>
    public IReadOnlyList<int> ReadProcesses(string path) => throw new NotImplementedException();

    /// <summary>Opens the group's directory: in the cgroup2 hierarchy, or, on pure v1, in the named controller's.</summary>
    public Descriptor OpenDirectory(string path) => throw new NotImplementedException();
}
