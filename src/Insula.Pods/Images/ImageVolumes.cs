using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Insula.Api.Core;
using Insula.Images;
using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;
using Insula.Linux.Mounts;
using Insula.Volumes;

namespace Insula.Pods.Images;

/// <summary>
/// The volumes of one pod that are images: which image each start of a container has, also for a later daemon, since a name may lead to another one
/// meanwhile and what is mounted must not be collected.
/// </summary>
internal sealed class ImageVolumes
{
    private const int Longest = 64 << 10;

    private readonly ConcurrentDictionary<string, (int Attempt, IReadOnlyList<string> Ids)> _used = new();

    /// <summary>The ids of the images that a start of a container has.</summary>
    public IReadOnlyList<string> UsedBy(string container, int attempt) =>
        _used.TryGetValue(container, out var used) && used.Attempt == attempt ? used.Ids : [];

    /// <summary>The volumes of a pod that a container mounts and that are images.</summary>
    public static IEnumerable<Volume> Of(Pod pod, Container container) =>
        pod.Spec.Volumes.Where(v => v.Image is not null && container.VolumeMounts.Any(m => m.Name == v.Name));

    /// <summary>Remembers which images a start has, before it is made.</summary>
    /// <param name="directory">The run directory of the sandbox.</param>
    /// <param name="container">The container.</param>
    /// <param name="attempt">Which start.</param>
    /// <param name="images">The images.</param>
    public void Keep(string directory, string container, int attempt, IReadOnlyCollection<Image> images)
    {
        if (images.Count == 0)
        {
            _used.TryRemove(container, out _);
            return;
        }

        string[] ids = [.. images.Select(i => i.Id).Distinct()];
        using var parent = Directories.Open(directory);
        AtomicFile.Write(parent, Name(container), Encoding.ASCII.GetBytes(string.Join('\n', [attempt.ToString(CultureInfo.InvariantCulture), .. ids])));
        _used[container] = (attempt, ids);
    }

    /// <summary>Takes up what an earlier daemon has kept of a container that runs.</summary>
    public void Adopt(string directory, string container, int attempt)
    {
        try
        {
            using var parent = Directories.Open(directory);
            using var file = RegularFile.TryOpen(parent, Name(container));
            var lines = file is null ? [] : Encoding.ASCII.GetString(file.ReadToEnd(Longest)).Split('\n');
            if (lines.Length > 1 && lines[0] == attempt.ToString(CultureInfo.InvariantCulture))
            {
                _used[container] = (attempt, lines[1..]);
            }
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            // The sandbox has just gone.
        }
    }

    /// <summary>An image as a mount, or a part of it.</summary>
    /// <param name="name">The volume's name.</param>
    /// <param name="image">The image.</param>
    /// <param name="layers">The directory that holds all layers.</param>
    /// <param name="subPath">A relative path; empty for all of it.</param>
    /// <param name="merged">Mounts several layers for a pod in a user namespace, which has them with its ids; null for a pod without.</param>
    /// <exception cref="VolumeException">It is not to be had.</exception>
    public static MountSource.Detached Open(string name, Image image, string layers, string subPath, Func<Descriptor>? merged = null)
    {
        if (subPath.Length > 0 && !SubPath.IsPlain(subPath))
        {
            throw new VolumeException($"subPath '{subPath}' of volume '{name}' must be a relative path without '..'");
        }

        try
        {
            var mount = image.LayerDirectories.Count == 1 ? OfLayer(image.LayerDirectories[0], subPath) : OfLayers(merged ?? (() => OverlayMount.Create(image.LayerDirectories)), layers, subPath);
            return new MountSource.Detached(mount, Entries.Status(mount).IsDirectory);
        }
        catch (LinuxException e) when (subPath.Length > 0 && e.Errno is Errno.EXDEV or Errno.ELOOP)
        {
            throw new VolumeException($"subPath '{subPath}' leads out of volume '{name}'", e);
        }
        catch (LinuxException e) when (subPath.Length > 0 && e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            throw new VolumeException($"the image of volume '{name}' has no '{subPath}'", e);
        }
        catch (LinuxException e)
        {
            throw new VolumeException($"the image of volume '{name}' cannot be mounted: {e.Message}", e);
        }
    }

    private static Descriptor OfLayer(string layer, string subPath)
    {
        using var root = Descriptor.Open(layer, fcntl.O_PATH | fcntl.O_DIRECTORY);
        using var part = subPath.Length == 0 ? root.Duplicate() : Directories.OpenBeneath(root, subPath, fcntl.O_PATH);
        return DetachedMount.Clone(part, flags: MountFlags.ReadOnly | MountFlags.NoSuid | MountFlags.NoDev);
    }

    private static Descriptor OfLayers(Func<Descriptor> merge, string layers, string subPath)
    {
        var mount = merge();
        if (subPath.Length == 0)
        {
            return mount;
        }

        using (mount)
        {
            return OverlayMount.Below(mount, layers, subPath);
        }
    }

    private static string Name(string container) => $"images.{container}";
}
