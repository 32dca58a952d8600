using System.Globalization;
using System.Security.Cryptography;
using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;

namespace Insula.Volumes.Files;

/// <summary>
/// Writes the files of a volume such that a reader finds all of the old ones or all of the new ones, in the kubelet's form: the
/// files lie in a directory named after the time, <c>..data</c> is a link to it that is exchanged in one step, and the names
/// a container sees are links through <c>..data</c>. What a killed daemon left half done is removed by the next writing.
/// </summary>
public static class AtomicVolume
{
    private const string Data = "..data";
    private const string NewData = "..data_tmp";
    private const uint DirectoryMode = 0b111_101_101;

    /// <summary>Whether a volume was ever written.</summary>
    /// <param name="volume">Its root directory.</param>
    public static bool IsWritten(Descriptor volume) => Entries.Status(volume, Data) is { IsLink: true };

    /// <summary>Makes the volume hold these files and no others.</summary>
    /// <param name="volume">Its root directory, opened for reading.</param>
    /// <param name="files">The files; of the same path there must not be two.</param>
    /// <param name="owner">Whom they belong to.</param>
    /// <returns>False when it held them already.</returns>
    /// <exception cref="VolumeException">A path leads out of the volume, or is a file and a directory at once.</exception>
    public static bool Write(Descriptor volume, IReadOnlyList<VolumeFile> files, VolumeOwner owner)
    {
        ArgumentNullException.ThrowIfNull(volume);
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(owner);
        Check(files);
        var current = Current(volume);
        var changed = current is null || !Holds(volume, current, files, owner);
        if (changed)
        {
            current = Make(volume, files, owner);
            Failpoint.MayFail("volumes.atomic.made");
            RemoveTree.Remove(volume, NewData);
            Entries.MakeLink(volume, NewData, current);
            Entries.Rename(volume, NewData, volume, Data);
            Failpoint.MayFail("volumes.atomic.exchanged");
        }

        Publish(volume, current!, [.. files.Select(f => f.Path.Split('/')[0]).Distinct()]);
        return changed;
    }

    private static void Check(IReadOnlyList<VolumeFile> files)
    {
        var paths = new HashSet<string>();
        foreach (var file in files)
        {
            var parts = file.Path.Split('/');
            if (parts.Any(p => p is "" or "." or "..") || file.Path.StartsWith("..", StringComparison.Ordinal) || file.Path.Contains('\0', StringComparison.Ordinal) || !paths.Add(file.Path))
            {
                throw new VolumeException($"'{file.Path}' cannot be the path of a file in a volume");
            }
        }

        foreach (var path in paths)
        {
            for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
            {
                if (paths.Contains(path[..slash]))
                {
                    throw new VolumeException($"'{path[..slash]}' is to be a file and, for '{path}', a directory");
                }
            }
        }
    }

    // A name of ours, or nothing: a link that a privileged container has put there is not followed.
    private static string? Current(Descriptor volume)
    {
        if (Entries.Status(volume, Data) is not { IsLink: true })
        {
            return null;
        }

        var target = Entries.ReadLink(volume, Data);
        return IsOurs(target) && Entries.Status(volume, target) is { IsDirectory: true } ? target : null;
    }

    private static bool IsOurs(string name) => name.StartsWith("..", StringComparison.Ordinal) && name.Length > 2 && name is not (Data or NewData) && !name.Contains('/', StringComparison.Ordinal);

    private static bool Holds(Descriptor volume, string current, IReadOnlyList<VolumeFile> files, VolumeOwner owner)
    {
        using var directory = Directories.OpenChild(volume, current);
        if (Count(directory) != files.Count)
        {
            return false;
        }

        foreach (var file in files)
        {
            try
            {
                using var found = Directories.OpenBeneath(directory, file.Path, fcntl.O_RDONLY | fcntl.O_NOFOLLOW | fcntl.O_NONBLOCK, extraResolve: fcntl.RESOLVE_NO_SYMLINKS);
                var status = Entries.Status(found);
                if (!status.IsFile || status.Size != file.Content.Length || status.Permissions != owner.FileMode(file.Mode)
                    || status.Uid != owner.First || status.Gid != owner.GroupOutside
                    || !found.ReadToEnd(file.Content.Length + 1).AsSpan().SequenceEqual(file.Content.Span))
                {
                    return false;
                }
            }
            catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP)
            {
                return false;
            }
        }

        return true;
    }

    private static int Count(Descriptor directory)
    {
        var count = 0;
        foreach (var (name, type) in DirectoryReader.Read(directory))
        {
            if (type == DirectoryReader.TypeDirectory)
            {
                using var below = Directories.OpenChild(directory, name);
                count += Count(below);
            }
            else
            {
                count++;
            }
        }

        return count;
    }

    private static string Make(Descriptor volume, IReadOnlyList<VolumeFile> files, VolumeOwner owner)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"..{DateTime.UtcNow:yyyy_MM_dd_HH_mm_ss}.{RandomNumberGenerator.GetInt32(1_000_000_000):d9}");
        using var top = NewDirectory(volume, name, owner);
        foreach (var file in files)
        {
            var parts = file.Path.Split('/');
            var directory = top.Duplicate();
            try
            {
                foreach (var part in parts[..^1])
                {
                    var below = Entries.Status(directory, part) is null ? NewDirectory(directory, part, owner) : Directories.OpenChild(directory, part);
                    directory.Dispose();
                    directory = below;
                }

                using var made = Descriptor.OpenAt(directory, parts[^1], fcntl.O_WRONLY | fcntl.O_CREAT | fcntl.O_EXCL | fcntl.O_NOFOLLOW, 0);
                made.WriteAll(file.Content.Span, file.Path);
                Entries.ChangeOwner(made, owner.First, owner.GroupOutside);
                Entries.ChangeMode(made, owner.FileMode(file.Mode)); // last: by then it is whole
            }
            finally
            {
                directory.Dispose();
            }
        }

        return name;
    }

    private static Descriptor NewDirectory(Descriptor parent, string name, VolumeOwner owner)
    {
        Entries.MakeDirectory(parent, name, DirectoryMode);
        var made = Directories.OpenChild(parent, name);
        Entries.ChangeOwner(made, owner.First, owner.GroupOutside);
        Entries.ChangeMode(made, owner.DirectoryMode(DirectoryMode));
        return made;
    }

    private static void Publish(Descriptor volume, string current, HashSet<string> names)
    {
        foreach (var name in names)
        {
            var target = $"{Data}/{name}";
            if (Entries.Status(volume, name) is { } there)
            {
                if (there.IsLink && Entries.ReadLink(volume, name) == target)
                {
                    continue;
                }

                RemoveTree.Remove(volume, name);
            }

            Entries.MakeLink(volume, name, target);
        }

        // After the exchange: until then somebody may read there.
        foreach (var (name, _) in DirectoryReader.Read(volume))
        {
            if (name != Data && name != current && !names.Contains(name))
            {
                RemoveTree.Remove(volume, name);
            }
        }
    }
}
