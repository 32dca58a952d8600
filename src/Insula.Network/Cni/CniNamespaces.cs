using System.Runtime.InteropServices;
using Insula.Linux;
using Insula.Linux.LibC;
using Insula.Linux.Mounts;

namespace Insula.Network.Cni;

/// <summary>
/// Gives network namespaces a path, by which plug-ins find them, which means the same namespace for as long as it is there, and nothing when the
/// namespace of another boot is meant: a process' number in such a path might have become another's.
/// </summary>
/// <param name="directory">The directory; made with the first.</param>
internal sealed class CniNamespaces(string directory)
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The path of a sandbox's namespace, whether it is there or not.</summary>
    public string PathOf(string sandboxId) => Path.Combine(directory, sandboxId);

    /// <summary>The path if the namespace is there, else <c>""</c>, as DEL has it.</summary>
    public string Find(string sandboxId)
    {
        string path = PathOf(sandboxId);
        return File.Exists(path) && MountInfo.ReadSelf().Any(m => m.Target == path) ? path : "";
    }

    /// <summary>Puts it there; once more does nothing.</summary>
    /// <exception cref="LinuxException">It cannot be mounted.</exception>
    public string Pin(string sandboxId, Descriptor networkNamespace)
    {
        string path = PathOf(sandboxId);
        if (Find(sandboxId).Length > 0)
        {
            return path;
        }

        Directory.CreateDirectory(directory, Private);
        using (File.Create(path))
        {
            // Something to mount upon.
        }

        return sys_mount.mount(networkNamespace.ProcPath, path, null, sys_mount.MS_BIND, null) == 0 ? path : throw LinuxException.FromLastError("mount", path);
    }

    /// <summary>Takes it away; one that is not there is nothing to do.</summary>
    /// <exception cref="LinuxException">It cannot be unmounted.</exception>
    public void Unpin(string sandboxId)
    {
        string path = PathOf(sandboxId);
        if (File.Exists(path))
        {
            if (sys_mount.umount2(path, sys_mount.MNT_DETACH | sys_mount.UMOUNT_NOFOLLOW) != 0 && Marshal.GetLastPInvokeError() != (int)Errno.EINVAL)
            {
                throw LinuxException.FromLastError("umount", path);
            }

            File.Delete(path);
        }
    }
}
