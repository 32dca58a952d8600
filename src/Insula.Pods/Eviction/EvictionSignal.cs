namespace Insula.Pods.Eviction;

/// <summary>What is measured of the machine to tell whether it has enough left, in the order in which a lack is seen to; a kubelet's.</summary>
public enum EvictionSignal
{
    /// <summary><c>memory.available</c>: bytes that can be had without swapping.</summary>
    MemoryAvailable,

    /// <summary><c>nodefs.available</c>: bytes free on the daemon's disk.</summary>
    NodeFsAvailable,

    /// <summary><c>nodefs.inodesFree</c>: inodes free on it.</summary>
    NodeFsInodesFree,

    /// <summary><c>imagefs.available</c>: bytes free where images are, if that is another file system.</summary>
    ImageFsAvailable,

    /// <summary><c>imagefs.inodesFree</c>: inodes free there.</summary>
    ImageFsInodesFree,

    /// <summary><c>pid.available</c>: processes and threads that there can still be.</summary>
    PidAvailable,
}
