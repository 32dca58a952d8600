using Insula.Linux;
using Insula.Linux.Files;

namespace Insula.Images.Layers;

/// <summary>
/// Reads unpacked layers as overlayfs would show them merged, without mounting: whiteouts, opaque directories and
/// links are followed, links always as if the image were the root directory.
/// </summary>
internal sealed class MergedTree : IDisposable
{
    // The kernel's own limit, MAXSYMLINKS.
    private const int MostLinks = 40;
    private readonly Func<List<Descriptor>> _open;
    private MergedDirectory? _root;

    /// <param name="directories">The layers, uppermost first; may be none.</param>
    public MergedTree(IReadOnlyList<string> directories)
        : this(() => OpenAll(directories))
    {
    }

    /// <param name="open">Opens the layers, uppermost first; may be none. Called when one of them is first looked at.</param>
    public MergedTree(Func<List<Descriptor>> open) => _open = open;

    /// <summary>Owner and mode of a directory reached without links; null when there is none.</summary>
    public FileStatus? DirectoryStatus(string path)
    {
        using var found = Find(path, follow: false);
        return found?.Directory?.Status;
    }

    /// <summary>The content of a regular file; null when there is none, or a directory on the way is missing.</summary>
    /// <param name="path">Path in the image.</param>
    /// <param name="limit">Largest size read, in bytes.</param>
    /// <exception cref="ImageException">It is no regular file, or larger, or its links have no end.</exception>
    public byte[]? ReadFile(string path, int limit)
    {
        using var found = Find(path, follow: true);
        if (found is null)
        {
            return null;
        }

        if (found.Layer is null || !found.Status.IsFile)
        {
            throw new ImageException(ImageError.InvalidImage, $"the image's {Printable.Quote(path)} is no regular file");
        }

        if (found.Status.Size > limit)
        {
            throw TooLarge(path, found.Status.Size, limit);
        }

        using var file = MergedDirectory.OpenFile(found.Layer, found.Name);
        if (!Entries.Status(file).IsSameFile(found.Status))
        {
            throw new ImageException(ImageError.Storage, $"the image's {Printable.Quote(path)} changed while it was read");
        }

        return file.ReadToEnd(limit);
    }

    public void Dispose() => _root?.Dispose();

    private static ImageException TooLarge(string path, long size, int limit) =>
        new(ImageError.TooLarge, $"the image's {Printable.Quote(path)} has {size} bytes, at most {limit} are read");

    private static List<Descriptor> OpenAll(IReadOnlyList<string> directories)
    {
        var layers = new List<Descriptor>();
        try
        {
            layers.AddRange(directories.Select(Directories.Open));
            return layers;
        }
        catch
        {
            layers.ForEach(l => l.Dispose());
            throw;
        }
    }

    private MergedDirectory? Root()
    {
        if (_root is null && _open() is { Count: > 0 } layers)
        {
            _root = new MergedDirectory(layers);
        }

        return _root;
    }

    private Found? Find(string path, bool follow)
    {
        if (Root() is not { } root)
        {
            return null;
        }

        var trail = new Stack<MergedDirectory>();
        try
        {
            var pending = new Stack<string>();
            Push(pending, path);
            var links = 0;
            while (pending.TryPop(out var name))
            {
                if (name == "..")
                {
                    if (trail.TryPop(out var left))
                    {
                        left.Dispose();
                    }

                    continue;
                }

                var current = trail.TryPeek(out var top) ? top : root;
                if (current.Look(name) is not { } entry)
                {
                    return null;
                }

                if (entry.Directory is not null)
                {
                    trail.Push(entry.Directory);
                }
                else if (entry.Status.IsLink && follow)
                {
                    if (++links > MostLinks)
                    {
                        throw new ImageException(ImageError.InvalidImage, $"the image's {Printable.Quote(path)} leads through links without end");
                    }

                    var target = Entries.ReadLink(entry.Layer!, name);
                    if (target.StartsWith('/'))
                    {
                        Clear(trail);
                    }

                    Push(pending, target);
                }
                else if (pending.Count > 0)
                {
                    return null;
                }
                else
                {
                    // The layer's descriptor lives in the directory it was found in, which the result therefore keeps.
                    trail.TryPop(out var holder);
                    return new Found(holder, null, entry.Layer, name, entry.Status);
                }
            }

            return trail.TryPop(out var last)
                ? new Found(last, last, null, "", last.Status)
                : new Found(null, root, null, "", root.Status);
        }
        finally
        {
            Clear(trail);
        }
    }

    private static void Push(Stack<string> pending, string path)
    {
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
        {
            if (part != ".")
            {
                pending.Push(part);
            }
        }
    }

    private static void Clear(Stack<MergedDirectory> trail)
    {
        while (trail.TryPop(out var directory))
        {
            directory.Dispose();
        }
    }

    private sealed record Found(MergedDirectory? Owned, MergedDirectory? Directory, Descriptor? Layer, string Name, FileStatus Status) : IDisposable
    {
        public void Dispose() => Owned?.Dispose();
    }
}
