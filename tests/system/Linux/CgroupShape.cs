namespace Insula.SystemTests.Linux;

/// <summary>Which of the host's cgroup hierarchies a test may see.</summary>
public enum CgroupShape
{
    /// <summary>All.</summary>
    Host,

    /// <summary>Only cgroup2.</summary>
    Unified,

    /// <summary>Only v1.</summary>
    Legacy,
}
