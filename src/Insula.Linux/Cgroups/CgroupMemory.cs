using System.Text;
using Insula.Linux.Files;

namespace Insula.Linux.Cgroups;

/// <summary>
/// Where in cgroup2 an instance has its root group, in a file of its run directory: the choice depends on how the daemon was started,
/// but the pods of an earlier daemon are where that one's choice was.
/// </summary>
internal static class CgroupMemory
{
    /// <summary>The remembered parent group, relative to the mount; null when there is none or the root group below it is gone.</summary>
    public static string? Recall(ICgroupFiles files, string? file, string mount, string rootName)
    {
        if (file is null || files.Read(file) is not { } text)
        {
            return null;
        }

        var parent = text.TrimEnd('\n');
        return !parent.Split('/').Contains("..") && files.Exists($"{CgroupLayout.Join(mount, parent)}/{rootName}") ? parent : null;
    }

    /// <summary>Remembers it.</summary>
    public static void Keep(string file, string parent)
    {
        using var directory = Directories.Open(Path.GetDirectoryName(Path.GetFullPath(file))!);
        AtomicFile.Write(directory, Path.GetFileName(file), Encoding.UTF8.GetBytes($"{parent}\n"));
    }
}
