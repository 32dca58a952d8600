using Insula.Images.Tar;
using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;

namespace Insula.Images.Layers;

/// <summary>
/// The directories of a layer being unpacked. Every path is resolved by the kernel as if the layer were the root
/// directory, so links in it, whatever they say, lead nowhere else.
/// </summary>
internal sealed class LayerTree : IDisposable
{
    private const int OpenDirectory = fcntl.O_RDONLY;
    private const uint Usual = 0x1ED;
    private readonly Descriptor _root;
    private readonly LayerAttributes _attributes;
    private readonly Dictionary<string, Finishing> _finish = new(StringComparer.Ordinal);
    private string? _cachedPath;
    private Descriptor? _cached;

    /// <param name="root">The empty directory the layer goes to; stays the caller's.</param>
    /// <param name="attributes">Applies owners and attributes.</param>
    public LayerTree(Descriptor root, LayerAttributes attributes)
    {
        _root = root;
        _attributes = attributes;

        // Layers rarely list their root; overlayfs shows the uppermost layer's.
        _finish["."] = new Finishing(Usual, null);
    }

    /// <summary>False once a directory is to take owner and mode from below or from nowhere.</summary>
    public bool SelfContained { get; private set; } = true;

    /// <summary>The directory a path lies in, made with its own parents when missing. Valid until the next call.</summary>
    public Descriptor Parent(LayerPath path)
    {
        var parent = path.Parent;
        if (_cached is not null && _cachedPath == parent)
        {
            return _cached;
        }

        var opened = TryOpen(parent) ?? Create(path);
        Forget();
        (_cachedPath, _cached) = (parent, opened);
        return opened;
    }

    /// <summary>The directory a hard link's target lies in; null when the layer has none such.</summary>
    public Descriptor? Existing(string directory) => TryOpen(directory);

    /// <summary>Makes or updates a directory the layer lists.</summary>
    public void Directory(LayerPath path, TarEntry entry)
    {
        if (path.IsRoot)
        {
            Describe(_root, ".", entry);
            return;
        }

        var parent = Parent(path);
        var status = Entries.Status(parent, path.Name);
        if (status is { IsDirectory: false })
        {
            HasReplaced |= status is { IsWhiteout: false };
            Entries.Unlink(parent, path.Name);
            Forgets();
        }

        if (status is not { IsDirectory: true })
        {
            Entries.MakeDirectory(parent, path.Name, 0x1C0);
        }

        using var directory = Directories.OpenChild(parent, path.Name);
        if (status is { IsWhiteout: true })
        {
            _attributes.MarkOpaque(directory);
        }

        Describe(directory, path.ToString(), entry);
    }

    /// <summary>Frees a name for a new entry: a later entry replaces an earlier one of the layer.</summary>
    public void Clear(Descriptor parent, string name)
    {
        var status = Entries.Status(parent, name);
        HasReplaced |= status is { IsWhiteout: false };
        switch (status)
        {
            case null:
                return;
            case { IsDirectory: true }:
                RemoveTree.Remove(parent, name);
                break;
            default:
                Entries.Unlink(parent, name);
                break;
        }

        Forgets();
    }

    /// <summary>Whether an entry has taken the place of an earlier one of the layer, so that what that had is nowhere.</summary>
    public bool HasReplaced { get; private set; }

    /// <summary>The layer hides all below it. overlayfs knows no such mark on the root of a layer.</summary>
    public bool HidesAll { get; private set; }

    /// <summary>Hides everything below in a directory. What the layer itself puts there stays, before or after.</summary>
    public void MarkOpaque(LayerPath marker)
    {
        if (marker.Parts.Count == 1)
        {
            HidesAll = true;
            return;
        }

        _attributes.MarkOpaque(Parent(marker));
    }

    /// <summary>Hides one name of the layers below; the layer's own entry of that name stays visible.</summary>
    public void Hide(LayerPath marker)
    {
        var parent = Parent(marker);
        var name = marker.Name[Whiteouts.Prefix.Length..];
        switch (Entries.Status(parent, name))
        {
            case null:
                Entries.MakeNode(parent, name, sys_stat.S_IFCHR, 0, 0);
                break;
            case { IsDirectory: true }:
                using (var directory = Directories.OpenChild(parent, name))
                {
                    _attributes.MarkOpaque(directory);
                }

                break;
        }
    }

    /// <summary>
    /// Gives directories their attributes, modes and times. Not earlier: a default ACL or set-group-id bit would be
    /// inherited by what is unpacked into them, a missing write bit would refuse it, and it would change the times.
    /// Deepest first, as a directory may end up unsearchable. Nothing before this looks at other layers.
    /// </summary>
    /// <param name="below">The layers below, finished, for directories the layer uses without listing them.</param>
    public void Finish(MergedTree below)
    {
        Forget();
        foreach (var (path, finishing) in _finish.OrderByDescending(f => f.Key.Count(c => c == '/')).ThenByDescending(f => f.Key.Length))
        {
            using var directory = TryOpen(path, fcntl.O_NOFOLLOW);
            if (directory is null)
            {
                // A later entry replaced it.
                continue;
            }

            var mode = finishing.Mode;
            if (finishing.Entry is not null)
            {
                _attributes.Attribute(directory, finishing.Entry);
            }
            else if (finishing.IsBelows && below.DirectoryStatus(path) is { } same)
            {
                _attributes.Own(directory, same.Uid, same.Gid);
                mode = same.Permissions;
            }

            Entries.ChangeMode(directory, mode);
            Entries.SetTimes(directory, ".", finishing.Entry?.ModifiedSeconds ?? 0, finishing.Entry?.ModifiedNanoseconds ?? 0);
        }
    }

    public void Dispose() => Forget();

    private void Describe(Descriptor directory, string path, TarEntry entry)
    {
        _attributes.Own(directory, entry.Uid, entry.Gid);
        _finish[path] = new Finishing(entry.Mode, entry);
    }

    // The first missing directory and all below it are made, to be in the end what the layers below have under that name.
    private Descriptor Create(LayerPath path)
    {
        var current = TryOpen(".")!;
        for (var count = 1; count < path.Parts.Count; count++)
        {
            var prefix = path.Prefix(count);
            var next = TryOpen(prefix) ?? Imply(current, path.Parts[count - 1], prefix, path);
            current.Dispose();
            current = next;
        }

        return current;
    }

    private Descriptor Imply(Descriptor parent, string name, string prefix, LayerPath path)
    {
        var status = Entries.Status(parent, name);
        if (status is { IsWhiteout: false })
        {
            throw new ImageException(
                ImageError.InvalidImage,
                $"{Printable.Quote(path.ToString())} lies in {Printable.Quote(prefix)}, which is no directory of the layer but {Kind(status.Value)}");
        }

        SelfContained = false;
        if (status is not null)
        {
            Entries.Unlink(parent, name);
        }

        Entries.MakeDirectory(parent, name, 0x1C0);
        var directory = Directories.OpenChild(parent, name);
        if (status is not null)
        {
            _attributes.MarkOpaque(directory);
        }

        _attributes.Own(directory, 0, 0);

        // Its time is a constant, as the same layer must always give the same tree.
        _finish[prefix] = new Finishing(Usual, null, IsBelows: status is null);
        return directory;
    }

    private static string Kind(FileStatus status) => status.IsLink ? "a link that leads nowhere" : "a file";

    private Descriptor? TryOpen(string path, int extra = 0)
    {
        try
        {
            return Directories.OpenInRoot(_root, path, OpenDirectory | fcntl.O_DIRECTORY | extra, 0, fcntl.RESOLVE_NO_XDEV);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            return null;
        }
        catch (LinuxException e) when (e.Errno is Errno.ELOOP or Errno.EXDEV)
        {
            if (extra != 0)
            {
                return null;
            }

            throw new ImageException(ImageError.InvalidImage, $"{Printable.Quote(path)} leads through links without end", e);
        }
    }

    // After a removal the cached path may lead elsewhere, but the cached directory is the one in use: only the name is dropped.
    private void Forgets() => _cachedPath = null;

    private void Forget()
    {
        _cached?.Dispose();
        (_cachedPath, _cached) = (null, null);
    }

    private readonly record struct Finishing(uint Mode, TarEntry? Entry, bool IsBelows = false);
}
