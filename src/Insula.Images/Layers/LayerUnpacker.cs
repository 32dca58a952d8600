using Insula.Images.Tar;
using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;

namespace Insula.Images.Layers;

/// <summary>
/// Writes a layer's tar as a directory overlayfs can use as a lower: whiteouts as 0:0 character devices, opaque
/// directories by attribute. See the OCI image layer specification, and overlayfs.rst of the kernel.
/// </summary>
internal sealed class LayerUnpacker : IDisposable
{
    private const int BufferSize = 64 << 10;
    private readonly TarReader _tar;
    private readonly ImageLimits _limits;
    private readonly LayerAttributes _attributes;
    private readonly LayerTree _tree;
    private readonly SkeletonWriter? _skeleton;
    private readonly byte[] _buffer = new byte[BufferSize];
    private long _size;
    private long _entries;

    /// <param name="tar">The layer, uncompressed.</param>
    /// <param name="root">The empty directory it goes to.</param>
    /// <param name="limits">What it may not exceed.</param>
    /// <param name="ownership">Whose the files become.</param>
    /// <param name="skeleton">Takes down what the tar has beside; completed unless content was replaced by a later entry, and thus is nowhere. Null for none.</param>
    public LayerUnpacker(Stream tar, Descriptor root, ImageLimits limits, LayerOwnership ownership, SkeletonWriter? skeleton = null)
    {
        _skeleton = skeleton;
        _tar = new TarReader(tar, limits.LayerEntries, skeleton);
        _limits = limits;
        _attributes = new LayerAttributes(ownership);
        _tree = new LayerTree(root, _attributes);
    }

    /// <summary>Unpacks the tar to its end. What directories are in the end, <see cref="Finish"/> says.</summary>
    public LayerContent Unpack(CancellationToken cancellationToken)
    {
        while (_tar.Next() is { } entry)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _entries++;
            try
            {
                Unpack(entry, cancellationToken);
            }
            catch (LinuxException e) when (e.Errno is Errno.ENOSPC or Errno.EDQUOT or Errno.EIO or Errno.EROFS)
            {
                throw new ImageException(ImageError.Storage, $"cannot write {Printable.Quote(entry.Name)} into the image store: {e.Message}", e);
            }
            catch (LinuxException e)
            {
                throw new ImageException(ImageError.InvalidImage, $"cannot unpack {Printable.Quote(entry.Name)}: {e.Message}", e);
            }
        }

        _tar.Finish();
        if (!_tree.HasReplaced)
        {
            _skeleton?.Complete();
        }

        return new LayerContent(_size, _entries, _tree.SelfContained, _tree.HidesAll, _attributes.Warnings);
    }

    /// <summary>Finishes the layer's directories, and has those it does not list look like what is below them.</summary>
    /// <param name="below">The layers below it, finished.</param>
    public void Finish(MergedTree below) => _tree.Finish(below);

    public void Dispose() => _tree.Dispose();

    private void Unpack(TarEntry entry, CancellationToken cancellationToken)
    {
        var path = LayerPath.Parse(entry.Name, "the entry", _limits.PathDepth);
        switch (Whiteouts.Classify(path))
        {
            case WhiteoutKind.Opaque:
                _tree.MarkOpaque(path);
                return;
            case WhiteoutKind.Name:
                _tree.Hide(path);
                return;
            case WhiteoutKind.Bookkeeping:
                _attributes.LeaveOut("bookkeeping of AUFS left out");
                return;
        }

        if (entry.Type == TarEntryType.Directory)
        {
            _tree.Directory(path, entry);
            return;
        }

        if (path.IsRoot)
        {
            throw new ImageException(ImageError.InvalidImage, "the layer's root is not a directory");
        }

        switch (entry.Type)
        {
            case TarEntryType.File:
                File(path, entry, cancellationToken);
                break;
            case TarEntryType.HardLink:
                HardLink(path, entry);
                break;
            case TarEntryType.SymbolicLink:
                SymbolicLink(path, entry);
                break;
            default:
                Node(path, entry);
                break;
        }
    }

    private void File(LayerPath path, TarEntry entry, CancellationToken cancellationToken)
    {
        var parent = _tree.Parent(path);
        _tree.Clear(parent, path.Name);
        using var file = Descriptor.OpenAt(
            parent, path.Name, fcntl.O_WRONLY | fcntl.O_CREAT | fcntl.O_EXCL | fcntl.O_NOFOLLOW, 0x180);
        _skeleton?.Content(path.ToString(), entry.Size);
        int count;
        while ((count = _tar.ReadContent(_buffer)) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            file.WriteAll(_buffer.AsSpan(0, count), path.Name);
            _size += count;
        }

        _attributes.Own(file, entry.Uid, entry.Gid);
        _attributes.Attribute(file, entry);
        Entries.ChangeMode(file, entry.Mode);
        Entries.SetTimes(parent, path.Name, entry.ModifiedSeconds, entry.ModifiedNanoseconds);
    }

    // The target keeps what its own entry gave it: one file, one owner and mode.
    private void HardLink(LayerPath path, TarEntry entry)
    {
        var target = LayerPath.Parse(entry.LinkName, "the hard link's target", _limits.PathDepth);
        using var targetParent = target.IsRoot ? null : _tree.Existing(target.Parent);
        var status = targetParent is null ? null : Entries.Status(targetParent, target.Name);
        if (status is null || status.Value.IsWhiteout)
        {
            throw new ImageException(
                ImageError.InvalidImage,
                $"{Printable.Quote(entry.Name)} is a hard link to {Printable.Quote(entry.LinkName)}, which this layer does not have");
        }

        if (status.Value.IsDirectory)
        {
            throw new ImageException(
                ImageError.InvalidImage, $"{Printable.Quote(entry.Name)} is a hard link to the directory {Printable.Quote(entry.LinkName)}");
        }

        var parent = _tree.Parent(path);
        if (Entries.Status(parent, path.Name) is { } old)
        {
            if (old.IsSameFile(status.Value))
            {
                return;
            }

            _tree.Clear(parent, path.Name);
        }

        Entries.MakeHardLink(targetParent!, target.Name, parent, path.Name);
    }

    private void SymbolicLink(LayerPath path, TarEntry entry)
    {
        if (entry.LinkName.Length == 0)
        {
            throw new ImageException(ImageError.InvalidImage, $"the link {Printable.Quote(entry.Name)} leads to an empty path");
        }

        var parent = _tree.Parent(path);
        _tree.Clear(parent, path.Name);
        Entries.MakeLink(parent, path.Name, entry.LinkName);
        _attributes.Own(parent, path.Name, entry.Uid, entry.Gid);
        Entries.SetTimes(parent, path.Name, entry.ModifiedSeconds, entry.ModifiedNanoseconds);
    }

    private void Node(LayerPath path, TarEntry entry)
    {
        var isDevice = entry.Type != TarEntryType.Fifo;
        if (entry is { Type: TarEntryType.CharacterDevice, DeviceMajor: 0, DeviceMinor: 0 })
        {
            throw new ImageException(
                ImageError.InvalidImage, $"{Printable.Quote(entry.Name)} is the device 0:0, which overlayfs would take for a removed file");
        }

        if (isDevice && !_attributes.MakesDevices)
        {
            _attributes.LeaveOut($"device {Printable.Quote(entry.Name)} left out: making it needs root");
            return;
        }

        var parent = _tree.Parent(path);
        _tree.Clear(parent, path.Name);
        Entries.MakeNode(parent, path.Name, LayerAttributes.NodeType(entry.Type) | 0x180, entry.DeviceMajor, entry.DeviceMinor);
        _attributes.Own(parent, path.Name, entry.Uid, entry.Gid);
        Entries.ChangeNodeMode(parent, path.Name, entry.Mode);
        Entries.SetTimes(parent, path.Name, entry.ModifiedSeconds, entry.ModifiedNanoseconds);
    }
}
