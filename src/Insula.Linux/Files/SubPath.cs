using System.Runtime.InteropServices;
using Insula.Linux.LibC;

namespace Insula.Linux.Files;

/// <summary>
/// Paths inside a volume whose content a container controls. Every step is taken on descriptors, so that no exchange of a
/// directory for a link leads out of the volume (CVE-2017-1002101, CVE-2021-25741).
/// </summary>
public static class SubPath
{
    private const uint SetGroup = 0b10_000_000_000;

    /// <summary>Whether a text can be a subPath: relative, without <c>..</c>, not empty.</summary>
    public static bool IsPlain(string path) =>
        path.Length > 0 && path[0] != '/' && !path.Contains('\0', StringComparison.Ordinal) && !path.Split('/').Contains("..");

    /// <summary>Opens a path below a volume, making the directories that are missing with the mode of the volume's root.</summary>
    /// <param name="volume">The volume's root directory.</param>
    /// <param name="path">A plain relative path.</param>
    /// <param name="owner">User of the directories that are made, and their group unless the volume hands its own on.</param>
    /// <returns>An O_PATH descriptor of the directory or file.</returns>
    /// <exception cref="LinuxException">EXDEV: a link leads out of the volume; ENOTDIR: something on the way is no directory.</exception>
    public static Descriptor OpenOrMake(Descriptor volume, string path, uint owner = 0)
    {
        if (!IsPlain(path))
        {
            throw new LinuxException("subPath", path, Errno.EINVAL);
        }

        if (TryOpen(volume, path, fcntl.O_PATH) is { } existing)
        {
            return existing;
        }

        var mode = Entries.Status(volume).Permissions;
        var walked = "";
        var current = volume.Duplicate();
        foreach (var component in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (component == ".")
            {
                continue;
            }

            walked = walked.Length == 0 ? component : $"{walked}/{component}";
            var next = TryOpen(volume, walked, fcntl.O_PATH | fcntl.O_DIRECTORY) ?? Make(current, component, mode, owner);
            current.Dispose();
            current = next;
        }

        return current;
    }

    private static Descriptor? TryOpen(Descriptor volume, string path, int flags)
    {
        try
        {
            return Directories.OpenBeneath(volume, path, flags);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            return null;
        }
    }

    private static Descriptor Make(Descriptor parent, string name, uint mode, uint owner)
    {
        if (sys_stat.mkdirat(parent, name, mode) != 0)
        {
            // Somebody else made it meanwhile: then its mode is theirs.
            return Marshal.GetLastPInvokeError() == (int)Errno.EEXIST
                ? Directories.OpenChild(parent, name)
                : throw LinuxException.FromLastError("mkdir", name);
        }

        var made = Directories.OpenChild(parent, name);
        try
        {
            if (owner != 0)
            {
                // Where the volume is a group's, what is made in it is already.
                Entries.ChangeOwner(made, owner, (mode & SetGroup) != 0 ? uint.MaxValue : owner);
            }

            // The umask has taken bits from the mode of mkdir, and a change of owner takes more.
            return sys_stat.fchmod(made, mode) == 0 ? made : throw LinuxException.FromLastError("fchmod", name);
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }
}
