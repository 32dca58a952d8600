using Insula.Linux.LibC;

namespace Insula.Linux.Mounts;

/// <summary>Mounts that are in no mount namespace: held by a descriptor, gone when it is closed. See open_tree(2).</summary>
public static class DetachedMount
{
    private const ulong PropagationPrivate = 1 << 18;

    /// <summary>Clones what is mounted at a path, as <c>mount --bind</c> would, private and detached.</summary>
    /// <param name="directory">Where a relative <paramref name="path"/> starts.</param>
    /// <param name="path">The path; empty means the directory (or file) itself.</param>
    /// <param name="recursive">Also clones the mounts below it.</param>
    /// <param name="flags">Attributes to set on the clone (on all of it when recursive).</param>
    /// <param name="keepPropagation">Leaves it in the peer group of its source, for volumes that are to see later mounts.</param>
    public static Descriptor Clone(Descriptor directory, string path = "", bool recursive = false, MountFlags flags = MountFlags.None, bool keepPropagation = false)
    {
        var how = sys_mount.OPEN_TREE_CLONE | sys_mount.OPEN_TREE_CLOEXEC | fcntl.AT_SYMLINK_NOFOLLOW | fcntl.AT_NO_AUTOMOUNT
            | (recursive ? (uint)fcntl.AT_RECURSIVE : 0) | (path.Length == 0 ? (uint)fcntl.AT_EMPTY_PATH : 0);
        var mount = Descriptor.FromResult(sys_mount.open_tree(directory, path, how), "open_tree", path);
        try
        {
            // Private first: what is later mounted on the clone must not appear at its source.
            SetAttributes(mount, flags, recursive, keepPropagation ? 0 : PropagationPrivate);
            return mount;
        }
        catch
        {
            mount.Dispose();
            throw;
        }
    }

    /// <summary>Sets attributes of a mount, optionally of everything below it.</summary>
    public static void SetAttributes(Descriptor mount, MountFlags flags, bool recursive) => SetAttributes(mount, flags, recursive, 0);

    /// <summary>Nothing that is mounted here or below appears elsewhere from now on, nor the other way round.</summary>
    internal static void MakePrivate(Descriptor mount) => SetAttributes(mount, MountFlags.None, recursive: true, PropagationPrivate);

    /// <summary>A new detached tmpfs.</summary>
    /// <param name="sizeBytes">Its limit; 0 for the kernel's default.</param>
    /// <param name="mode">The root directory's mode.</param>
    /// <param name="flags">Attributes of the mount.</param>
    public static Descriptor CreateTmpfs(long sizeBytes, uint mode, MountFlags flags)
    {
        using var context = Descriptor.FromResult(sys_mount.fsopen("tmpfs", sys_mount.FSOPEN_CLOEXEC), "fsopen", "tmpfs");
        if (sizeBytes > 0)
        {
            Configure(context, sys_mount.FSCONFIG_SET_STRING, "size", $"{sizeBytes}");
        }

        Configure(context, sys_mount.FSCONFIG_SET_STRING, "mode", Convert.ToString(mode, 8));
        Configure(context, sys_mount.FSCONFIG_CMD_CREATE, null, null);
        return Descriptor.FromResult(sys_mount.fsmount(context, sys_mount.FSMOUNT_CLOEXEC, (uint)flags), "fsmount", "tmpfs");
    }

    /// <summary>A new detached hugetlbfs.</summary>
    /// <param name="pageBytes">The size of its pages.</param>
    /// <param name="sizeBytes">Its limit, whole pages.</param>
    /// <param name="mode">The root directory's mode.</param>
    /// <param name="owner">The root directory's owner.</param>
    /// <param name="group">Its group.</param>
    /// <param name="flags">Attributes of the mount.</param>
    /// <exception cref="LinuxException">EINVAL of <c>pagesize</c>: the kernel has no pages of this size.</exception>
    public static Descriptor CreateHugetlbfs(long pageBytes, long sizeBytes, uint mode, uint owner, uint group, MountFlags flags)
    {
        const string Type = "hugetlbfs";
        using var context = Descriptor.FromResult(sys_mount.fsopen(Type, sys_mount.FSOPEN_CLOEXEC), "fsopen", Type);
        Configure(context, sys_mount.FSCONFIG_SET_STRING, "pagesize", $"{pageBytes}");
        Configure(context, sys_mount.FSCONFIG_SET_STRING, "size", $"{sizeBytes}");
        Configure(context, sys_mount.FSCONFIG_SET_STRING, "mode", Convert.ToString(mode, 8));
        Configure(context, sys_mount.FSCONFIG_SET_STRING, "uid", $"{owner}");
        Configure(context, sys_mount.FSCONFIG_SET_STRING, "gid", $"{group}");
        Configure(context, sys_mount.FSCONFIG_CMD_CREATE, null, null);
        return Descriptor.FromResult(sys_mount.fsmount(context, sys_mount.FSMOUNT_CLOEXEC, (uint)flags), "fsmount", Type);
    }

    /// <summary>A new mount of one of the kernel's own file systems (<c>proc</c>, <c>securityfs</c>) that nobody else can reach or cover.</summary>
    /// <param name="type">The file system's name; <c>proc</c> is that of this process's PID namespace.</param>
    public static Descriptor CreateOfKernel(string type)
    {
        using var context = Descriptor.FromResult(sys_mount.fsopen(type, sys_mount.FSOPEN_CLOEXEC), "fsopen", type);
        Configure(context, sys_mount.FSCONFIG_CMD_CREATE, null, null);
        const MountFlags Flags = MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec;
        return Descriptor.FromResult(sys_mount.fsmount(context, sys_mount.FSMOUNT_CLOEXEC, (uint)Flags), "fsmount", type);
    }

    /// <summary>Attaches a detached mount on a directory or file of this mount namespace.</summary>
    public static void Attach(Descriptor mount, Descriptor target)
    {
        if (sys_mount.move_mount(mount, "", target, "", sys_mount.MOVE_MOUNT_F_EMPTY_PATH | sys_mount.MOVE_MOUNT_T_EMPTY_PATH) != 0)
        {
            throw LinuxException.FromLastError("move_mount");
        }
    }

    internal static void Configure(Descriptor context, uint command, string? key, string? value)
    {
        if (sys_mount.fsconfig(context, command, key, value, 0) != 0)
        {
            throw LinuxException.FromLastError("fsconfig", key);
        }
    }

    private static unsafe void SetAttributes(Descriptor mount, MountFlags flags, bool recursive, ulong propagation)
    {
        var attributes = new sys_mount.mount_attr { attr_set = (ulong)flags, propagation = propagation };
        var how = (uint)fcntl.AT_EMPTY_PATH | (recursive ? (uint)fcntl.AT_RECURSIVE : 0);
        if (sys_mount.mount_setattr(mount, "", how, &attributes) != 0)
        {
            throw LinuxException.FromLastError("mount_setattr");
        }
    }
}
