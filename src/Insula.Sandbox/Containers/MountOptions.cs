namespace Insula.Sandbox.Containers;

/// <summary>Flags of a mount in a container.</summary>
[Flags]
public enum MountOptions
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Read-only.</summary>
    ReadOnly = 1,

    /// <summary>Read-only with everything mounted below it.</summary>
    RecursiveReadOnly = 2,

    /// <summary>Set-user-id bits do nothing.</summary>
    NoSuid = 4,

    /// <summary>Device nodes do nothing.</summary>
    NoDev = 8,

    /// <summary>Nothing is executable.</summary>
    NoExec = 16,

    /// <summary>Make the mount point a file where it is missing.</summary>
    CreateFile = 32,

    /// <summary>Make the mount point a directory where it is missing.</summary>
    CreateDirectory = 64,

    /// <summary>Ids on the disk are those inside the pod's user namespace. The file system must allow it; what is mounted
    /// below keeps its ids. See MOUNT_ATTR_IDMAP in mount_setattr(2).</summary>
    IdMapped = 128,
}
