namespace Insula.Linux.Mounts;

/// <summary>Attributes of a mount, see mount_setattr(2); the values are the kernel's MOUNT_ATTR_*.</summary>
[Flags]
public enum MountFlags : ulong
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>No writing through this mount.</summary>
    ReadOnly = 1,

    /// <summary>Set-user-ID bits and file capabilities have no effect.</summary>
    NoSuid = 2,

    /// <summary>Device nodes cannot be opened.</summary>
    NoDev = 4,

    /// <summary>Programs cannot be executed.</summary>
    NoExec = 8,

    /// <summary>Symbolic links are not followed.</summary>
    NoSymFollow = 0x200000,
}
