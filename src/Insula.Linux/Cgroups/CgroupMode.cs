namespace Insula.Linux.Cgroups;

/// <summary>How the host has its cgroup hierarchies mounted.</summary>
public enum CgroupMode
{
    /// <summary>One unified hierarchy with the controllers.</summary>
    Unified,

    /// <summary>Controllers in v1 hierarchies, and a cgroup2 hierarchy beside them for tracking and killing.</summary>
    Hybrid,

    /// <summary>v1 hierarchies alone.</summary>
    Legacy,
}
