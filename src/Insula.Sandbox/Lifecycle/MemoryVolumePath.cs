using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;
using Insula.Linux.Mounts;

namespace Insula.Sandbox.Lifecycle;

/// <summary>Opens paths of memory volumes, which exist in the pod's mount namespace alone.</summary>
internal static class MemoryVolumePath
{
    /// <summary>On a thread of its own: setns(2) into a mount namespace moves the calling thread for good (its file-system
    /// context must be unshared first), and open_tree(2) clones only what its own namespace has mounted.</summary>
    public static Task<Descriptor> OpenAsync(Descriptor mountNamespace, string volume, string subPath, uint owner)
    {
        SandboxId.Check("volume", volume);
        var result = new TaskCompletionSource<Descriptor>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                result.SetResult(Open(mountNamespace, volume, subPath, owner));
            }
            catch (Exception e)
            {
                result.SetException(e);
            }
        })
        {
            IsBackground = true,
            Name = "memory volume",
        };
        thread.Start();
        return result.Task;
    }

    private static Descriptor Open(Descriptor mountNamespace, string volume, string subPath, uint owner)
    {
        if (sched.unshare(sched.CLONE_FS) != 0)
        {
            throw LinuxException.FromLastError("unshare CLONE_FS");
        }

        if (sched.setns(mountNamespace, sched.CLONE_NEWNS) != 0)
        {
            throw LinuxException.FromLastError("setns", "the pod's mount namespace");
        }

        using var root = Directories.Open(PodPaths.MemoryVolume(volume));
        using var path = subPath.Length == 0 ? root.Duplicate() : SubPath.OpenOrMake(root, subPath, owner);
        return DetachedMount.Clone(path);
    }
}
