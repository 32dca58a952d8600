using System.Runtime.InteropServices;

using Insula.Api.Core;
using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;

namespace Insula.Volumes;

/// <summary>Paths of the host that a manifest names. Whoever may apply a manifest is root, so links are followed.</summary>
internal static class HostPaths
{
    /// <summary>Opens the path, checks that it is what the type says, and makes it where the type says so.</summary>
    /// <param name="volume">The volume's name, for messages.</param>
    /// <param name="source">The manifest's hostPath.</param>
    /// <returns>An O_PATH descriptor.</returns>
    /// <exception cref="VolumeException">It is missing, or something else than the type says.</exception>
    public static Descriptor OpenOrMake(string volume, HostPathVolumeSource source)
    {
        var type = source.Type ?? "";
        if (!source.Path.StartsWith('/'))
        {
            throw new VolumeException($"hostPath '{source.Path}' of volume '{volume}' must be an absolute path");
        }

        var path = TryOpen(source.Path);
        if (path is null)
        {
            Make(volume, source.Path, type);
            path = Descriptor.Open(source.Path, fcntl.O_PATH);
        }

        try
        {
            Check(volume, source.Path, type, Entries.Status(path).Type);
            return path;
        }
        catch
        {
            path.Dispose();
            throw;
        }
    }

    private static Descriptor? TryOpen(string path)
    {
        try
        {
            return Descriptor.Open(path, fcntl.O_PATH);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            return null;
        }
    }

    private static void Make(string volume, string path, string type)
    {
        switch (type)
        {
            case "DirectoryOrCreate":
                MakeDirectory(path);
                break;
            case "FileOrCreate":
                // As Kubernetes has it: the file is made, its directory is not.
                using (Descriptor.Open(path, fcntl.O_WRONLY | fcntl.O_CREAT | fcntl.O_NOCTTY, 0x1A4))
                {
                }

                break;
            default:
                throw new VolumeException(
                    $"hostPath '{path}' of volume '{volume}' does not exist; make it, or set the type to DirectoryOrCreate or FileOrCreate");
        }
    }

    private static void MakeDirectory(string path)
    {
        var made = "";
        foreach (var component in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            made += "/" + component;
            if (sys_stat.mkdirat(Descriptor.WorkingDirectory, made, 0x1ED) != 0
                && Marshal.GetLastPInvokeError() != (int)Errno.EEXIST)
            {
                throw LinuxException.FromLastError("mkdir", made);
            }
        }
    }

    private static void Check(string volume, string path, string type, uint kind)
    {
        uint? wanted = type switch
        {
            "" => null,
            "Directory" or "DirectoryOrCreate" => sys_stat.S_IFDIR,
            "File" or "FileOrCreate" => sys_stat.S_IFREG,
            "Socket" => sys_stat.S_IFSOCK,
            "CharDevice" => sys_stat.S_IFCHR,
            "BlockDevice" => sys_stat.S_IFBLK,
            _ => throw new VolumeException($"hostPath type '{type}' of volume '{volume}' is not one of Kubernetes'"),
        };
        if (wanted is { } needed && kind != needed)
        {
            throw new VolumeException($"hostPath '{path}' of volume '{volume}' must be of type {type}, but is a {Describe(kind)}");
        }
    }

    private static string Describe(uint kind) => kind switch
    {
        sys_stat.S_IFREG => "file",
        sys_stat.S_IFDIR => "directory",
        sys_stat.S_IFSOCK => "socket",
        sys_stat.S_IFIFO => "FIFO",
        sys_stat.S_IFCHR => "character device",
        sys_stat.S_IFBLK => "block device",
        _ => "file of another kind",
    };
}
