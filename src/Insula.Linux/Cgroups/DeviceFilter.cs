namespace Insula.Linux.Cgroups;

/// <summary>Device allow-lists of containers: a BPF_PROG_TYPE_CGROUP_DEVICE program attached to a cgroup2 directory.</summary>
public static class DeviceFilter
{
    /// <summary>What every container may use: null, zero, full, random, urandom, tty, ptmx, pts, and mknod of anything (opening stays denied).</summary>
    public static IReadOnlyList<DeviceRule> Defaults { get; } =
    [
        new('c', 1, 3, "rwm"), new('c', 1, 5, "rwm"), new('c', 1, 7, "rwm"), new('c', 1, 8, "rwm"), new('c', 1, 9, "rwm"),
        new('c', 5, 0, "rwm"), new('c', 5, 2, "rwm"), new('c', 136, null, "rwm"), new('c', null, null, "m"), new('b', null, null, "m"),
    ];

    /// <summary>Allows exactly these devices in the group and below it, replacing an earlier list of ours.</summary>
    /// <param name="unifiedDirectory">The group's cgroup2 directory.</param>
    /// <param name="rules">What is allowed; everything else is EPERM.</param>
    /// <exception cref="LinuxException">The kernel refuses the program or its attachment.</exception>
    public static void Attach(Descriptor unifiedDirectory, IReadOnlyList<DeviceRule> rules) => throw new NotImplementedException();
}
