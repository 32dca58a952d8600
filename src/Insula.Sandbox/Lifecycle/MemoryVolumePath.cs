using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;
using Insula.Linux.Mounts;
using Insula.Linux.Processes;

namespace Insula.Sandbox.Lifecycle;

/// <summary>Opens paths of memory volumes, which exist in the pod's mount namespace alone.</summary>
internal static class MemoryVolumePath
{
    /// <summary>On a thread of its own: setns(2) into a mount namespace moves the calling thread for good (its file-system
    /// context must be unshared first), and open_tree(2) clones only what its own namespace has mounted.</summary>
    /// <param name="mountNamespace">The pod's.</param>
    /// <param name="volume">The volume's name.</param>
    /// <param name="subPath">A path in it; empty for the volume itself.</param>
    /// <param name="owner">Whose directories that are made are.</param>
    /// <param name="before">What is done in that namespace before; null for nothing.</param>
    public static Task<Descriptor> OpenAsync(Descriptor mountNamespace, string volume, string subPath, uint owner, Action? before = null)
    {
        SandboxId.Check("volume", volume);
        return InsideAsync(mountNamespace, () => Open(volume, subPath, owner, before));
    }

    /// <summary>Layers upon each other as the pod has them: with the ids of its user namespace, which an overlay takes from what it lies on and cannot be given itself.</summary>
    /// <param name="mountNamespace">The pod's.</param>
    /// <param name="layers">Their directories in it, uppermost first.</param>
    public static Task<Descriptor> OverlayAsync(Descriptor mountNamespace, IReadOnlyList<string> layers) => InsideAsync(mountNamespace, () => OverlayMount.CreateByPath(layers));

    private static Task<Descriptor> InsideAsync(Descriptor mountNamespace, Func<Descriptor> open) =>
        ThrowawayThread.RunAsync("memory volume", () => Inside(mountNamespace, open));

    private static Descriptor Inside(Descriptor mountNamespace, Func<Descriptor> open)
    {
        if (sched.unshare(sched.CLONE_FS) != 0)
        {
            throw LinuxException.FromLastError("unshare CLONE_FS");
        }

        if (sched.setns(mountNamespace, sched.CLONE_NEWNS) != 0)
        {
            throw LinuxException.FromLastError("setns", "the pod's mount namespace");
        }

        return open();
    }

    private static Descriptor Open(string volume, string subPath, uint owner, Action? before)
    {
        before?.Invoke();
        using var root = Directories.Open(PodPaths.MemoryVolume(volume));
        using var path = subPath.Length == 0 ? root.Duplicate() : SubPath.OpenOrMake(root, subPath, owner);
        return DetachedMount.Clone(path);
    }

    /// <summary>Mounts huge pages over the memory volume of the same name, unless they are there: after a daemon that died on the way as well. In the pod's mount namespace.</summary>
    public static void Cover(HugePageVolume volume, uint owner)
    {
        using var place = Directories.Open(PodPaths.MemoryVolume(volume.Name));
        if (FileSystemUse.KindOf(place) == sys_vfs.HUGETLBFS_MAGIC)
        {
            return;
        }

        using var pages = DetachedMount.CreateHugetlbfs(volume.PageBytes, volume.SizeBytes, volume.Mode, owner, owner + volume.Group, MountFlags.NoSuid | MountFlags.NoDev);
        using (var root = Directories.OpenBeneath(pages, ".", fcntl.O_RDONLY | fcntl.O_DIRECTORY))
        {
            // The option takes no bit for the group, by which what is made in it is the group's.
            Entries.ChangeMode(root, volume.Mode);
        }

        DetachedMount.Attach(pages, place);
    }
}
