namespace Insula.Linux.Cgroups;

/// <summary>One mounted hierarchy that the instance uses.</summary>
/// <param name="Mount">Where it is mounted.</param>
/// <param name="Parent">The group below which the instance's root is made, relative to the mount; empty for the hierarchy's root.</param>
/// <param name="Unified">Whether it is cgroup2.</param>
/// <param name="Controllers">The controllers it offers to us.</param>
internal sealed record CgroupHierarchy(string Mount, string Parent, bool Unified, IReadOnlySet<string> Controllers)
{
    /// <summary>Whether a write belongs to this hierarchy.</summary>
    public bool Has(string controller) => Controllers.Contains(controller);
}
