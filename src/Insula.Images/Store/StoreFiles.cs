using System.Globalization;
using System.Text.Json;
using Insula.Images.Formats;
using Insula.Images.Loading;
using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;
using Microsoft.Win32.SafeHandles;

namespace Insula.Images.Store;

/// <summary>
/// The store's directory: <c>index.json</c>, <c>layers/NUMBER/</c>, <c>layers/mountpoints/</c> (see <see cref="MountPoints"/>), <c>blobs/sha256/HEX</c> (manifests and
/// configurations), <c>skeletons/NUMBER</c> (what makes a layer's tar of it again), <c>tmp/</c>. All of it 0700: set-user-id programs of an image keep their bits, so no user of
/// this machine may reach them.
/// </summary>
internal sealed class StoreFiles : IDisposable
{
    private const string IndexName = "index.json";
    private const int LargestIndex = 256 << 20;
    private readonly string _path;
    private readonly Lock _renewing = new();
    private volatile StoreDirectories _open;
    private long _nextTemporary;

    public StoreFiles(string directory)
    {
        _path = Path.GetFullPath(directory);
        _open = StoreDirectories.Open(_path);
        LayersDirectory = Path.Combine(_path, "layers");
    }

    /// <summary>Absolute path of the layers' parent.</summary>
    public string LayersDirectory { get; }

    /// <summary>Makes and opens anew what somebody removed by hand, or put in another's place.</summary>
    public void Renew()
    {
        lock (_renewing)
        {
            if (!_open.AreAt(_path))
            {
                // Those of before are left to the finalizer: somebody may be removing a temporary in them.
                _open = StoreDirectories.Open(_path);
            }
        }
    }

    /// <summary>The directory of <see cref="MountPoints"/>, made anew when somebody has removed it.</summary>
    public string EnsureMountPoints()
    {
        var path = Path.Combine(LayersDirectory, MountPoints.Name);
        if (!Directory.Exists(path))
        {
            Renew();
            MountPoints.Ensure(_open.Layers);
        }

        return path;
    }

    public static string LayerPath(string layersDirectory, long number) => $"{layersDirectory}/{Name(number)}";

    /// <summary>The index; an empty one when there is none yet.</summary>
    /// <exception cref="ImageException">It is damaged.</exception>
    public StoreIndex ReadIndex()
    {
        if (Entries.Status(_open.Root, IndexName) is null)
        {
            return StoreIndex.Empty;
        }

        try
        {
            using var file = Descriptor.OpenAt(_open.Root, IndexName, fcntl.O_RDONLY | fcntl.O_NOFOLLOW | fcntl.O_NONBLOCK);
            return StoreIndex.Read(file.ReadToEnd(LargestIndex));
        }
        catch (JsonException e)
        {
            throw new ImageException(
                ImageError.Storage,
                $"the image store's {_path}/{IndexName} is damaged ({e.Message}): move {_path} away and load the images again",
                e);
        }
    }

    public void WriteIndex(StoreIndex index) => AtomicFile.Write(_open.Root, IndexName, index.Write());

    public bool HasLayer(long number) => Entries.Status(_open.Layers, Name(number)) is { IsDirectory: true };

    /// <summary>Removes what no index knows: the remains of loads and removals that a crash cut short.</summary>
    public void Sweep(StoreIndex index)
    {
        RemoveTree.RemoveContents(_open.Temporary);
        var layers = index.Layers.Select(l => Name(l.Number)).ToHashSet(StringComparer.Ordinal);
        RemoveOthers(_open.Layers, LayersDirectory, [.. layers, MountPoints.Name]);
        RemoveOthers(_open.Skeletons, Path.Combine(_path, "skeletons"), layers);
        var blobs = index.Images.SelectMany(i => i.Digests.Take(1).Append(i.Id)).Select(Digests.Hex).ToHashSet(StringComparer.Ordinal);
        RemoveOthers(_open.Blobs, Path.Combine(_path, "blobs", "sha256"), blobs);
    }

    /// <summary>A fresh name in <c>tmp/</c>, unique in this process; what earlier ones left was swept.</summary>
    public string TemporaryName() => Name(Interlocked.Increment(ref _nextTemporary));

    public string TemporaryPath(string name) => Path.Combine(_path, "tmp", name);

    public Descriptor MakeTemporary(string name)
    {
        var temporary = _open.Temporary;
        Entries.MakeDirectory(temporary, name, 0x1C0);
        return Directories.OpenChild(temporary, name);
    }

    /// <summary>Makes the file for a temporary layer's skeleton, which goes and stays with the layer.</summary>
    public FileStream MakeSkeleton(string temporary) =>
        new(TemporaryPath(SkeletonOf(temporary)), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);

    /// <summary>Makes an empty file without a name, which goes with its handle.</summary>
    public SafeFileHandle MakeTemporaryFile()
    {
        var path = TemporaryPath(TemporaryName());
        var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            File.Delete(path);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void RemoveTemporary(string name)
    {
        RemoveTree.Remove(_open.Temporary, name);
        RemoveSkeleton(name);
    }

    /// <summary>Removes a temporary layer's skeleton alone.</summary>
    public void RemoveSkeleton(string temporary) => Remove(_open.Temporary, SkeletonOf(temporary));

    /// <summary>Makes finished temporary layers permanent. Their content reaches the disk first.</summary>
    public void KeepLayers(IReadOnlyList<(UnpackedLayer Layer, long Number)> layers)
    {
        if (layers.Count == 0)
        {
            return;
        }

        Entries.SyncFileSystem(_open.Layers);
        foreach (var (layer, number) in layers)
        {
            // A load whose record failed to be written may have left its own under this number.
            RemoveTree.Remove(_open.Layers, Name(number));
            Remove(_open.Skeletons, Name(number));
            Entries.Rename(_open.Temporary, layer.Temporary, _open.Layers, Name(number));
            if (layer.HasSkeleton)
            {
                Entries.Rename(_open.Temporary, SkeletonOf(layer.Temporary), _open.Skeletons, Name(number));
            }

            layer.IsKept = true;
            Failpoint.MayFail("images.load.layer-named");
        }

        Entries.Sync(_open.Layers);
        Entries.Sync(_open.Skeletons);
    }

    /// <summary>Opens what makes a layer's tar again; null when the layer has none.</summary>
    public FileStream? OpenSkeleton(long number)
    {
        var path = Path.Combine(_path, "skeletons", Name(number));
        return File.Exists(path) ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1) : null;
    }

    /// <summary>Opens a layer's directory.</summary>
    public Descriptor OpenLayer(long number) => Directories.OpenChild(_open.Layers, Name(number));

    /// <summary>As <see cref="OpenLayer"/>; null when the layer was removed.</summary>
    public Descriptor? TryOpenLayer(long number)
    {
        try
        {
            return OpenLayer(number);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT)
        {
            return null;
        }
    }

    /// <summary>Moves a layer no index knows any more away, to be deleted under the name this answers.</summary>
    public string RetireLayer(long number)
    {
        var temporary = TemporaryName();
        Entries.Rename(_open.Layers, Name(number), _open.Temporary, temporary);
        Remove(_open.Skeletons, Name(number));
        return temporary;
    }

    public void WriteBlob(string digest, byte[] content) => AtomicFile.Write(_open.Blobs, Digests.Hex(digest), content);

    public void RemoveBlob(string digest) => Remove(_open.Blobs, Digests.Hex(digest));

    /// <summary>A document of an image.</summary>
    public byte[] ReadBlob(string digest)
    {
        using var file = Descriptor.OpenAt(_open.Blobs, Digests.Hex(digest), fcntl.O_RDONLY | fcntl.O_NOFOLLOW | fcntl.O_NONBLOCK);
        return file.ReadToEnd(LargestIndex);
    }

    public void Dispose() => _open.Dispose();

    private static string Name(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string SkeletonOf(string temporary) => $"{temporary}.skeleton";

    private static void Remove(Descriptor directory, string name)
    {
        if (Entries.Status(directory, name) is not null)
        {
            Entries.Unlink(directory, name);
        }
    }

    private static void RemoveOthers(Descriptor directory, string path, HashSet<string> keep)
    {
        foreach (var entry in Directory.EnumerateFileSystemEntries(path).Select(Path.GetFileName).Where(n => !keep.Contains(n!)).ToList())
        {
            RemoveTree.Remove(directory, entry!);
        }
    }
}
