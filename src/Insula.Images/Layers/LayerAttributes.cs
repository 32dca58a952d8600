using Insula.Images.Tar;
using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;

namespace Insula.Images.Layers;

/// <summary>
/// Gives unpacked files what their entries say: owner, then attributes and mode (chown clears capabilities and
/// set-user-id bits; a user attribute wants write permission), then times. Which extended attributes are taken is a closed list.
/// </summary>
internal sealed class LayerAttributes
{
    private const string TrustedOpaque = "trusted.overlay.opaque";
    private const string UserOpaque = "user.overlay.opaque";
    private readonly bool _preserve;
    private readonly SortedDictionary<string, int> _leftOut = new(StringComparer.Ordinal);

    public LayerAttributes(LayerOwnership ownership)
    {
        _preserve = ownership == LayerOwnership.Preserve;
    }

    public bool MakesDevices => _preserve;

    public IReadOnlyList<string> Warnings => _leftOut.Select(w => w.Value == 1 ? w.Key : $"{w.Key} ({w.Value} times)").ToList();

    /// <summary>Whether a directory of an unpacked layer, opened for reading, hides what lies below.</summary>
    public static bool IsOpaque(Descriptor directory) =>
        Entries.GetAttribute(directory, TrustedOpaque) is [(byte)'y'] || Entries.GetAttribute(directory, UserOpaque) is [(byte)'y'];

    public void LeaveOut(string what) => _leftOut[what] = _leftOut.GetValueOrDefault(what) + 1;

    /// <summary>Owner of an open file or directory.</summary>
    public void Own(Descriptor file, uint uid, uint gid)
    {
        if (_preserve)
        {
            Entries.ChangeOwner(file, uid, gid);
        }
    }

    /// <summary>Owner of a link or node.</summary>
    public void Own(Descriptor parent, string name, uint uid, uint gid)
    {
        if (_preserve)
        {
            Entries.ChangeOwner(parent, name, uid, gid);
        }
    }

    public void MarkOpaque(Descriptor directory) =>
        Entries.SetAttribute(directory, _preserve ? TrustedOpaque : UserOpaque, "y"u8);

    /// <summary>Extended attributes of an open file or directory.</summary>
    public void Attribute(Descriptor file, TarEntry entry)
    {
        foreach (var (name, value) in entry.Attributes)
        {
            if (!Takes(name, entry))
            {
                LeaveOut($"attribute {Printable.Quote(name)} left out");
                continue;
            }

            try
            {
                Entries.SetAttribute(file, name, value);
            }
            catch (LinuxException e) when (e.Errno == Errno.EOPNOTSUPP && name != "security.capability")
            {
                LeaveOut($"attribute {Printable.Quote(name)} left out: the store's file system does not take it");
            }
        }
    }

    // Labels of another machine's SELinux, IMA or Smack policy mean nothing here; overlayfs' own would let an image
    // redirect lookups to other directories of the store.
    private bool Takes(string name, TarEntry entry)
    {
        if (name.StartsWith("user.overlay.", StringComparison.Ordinal) || name.StartsWith("trusted.overlay.", StringComparison.Ordinal))
        {
            throw new ImageException(
                ImageError.InvalidImage, $"{Printable.Quote(entry.Name)} sets {Printable.Quote(name)}, which only overlayfs itself may set");
        }

        return name switch
        {
            "security.capability" => _preserve && entry.Type == TarEntryType.File,
            "system.posix_acl_access" => true,
            "system.posix_acl_default" => entry.Type == TarEntryType.Directory,
            _ => name.StartsWith("user.", StringComparison.Ordinal),
        };
    }

    /// <summary>Type bits of mknod(2) for an entry that is a node.</summary>
    public static uint NodeType(TarEntryType type) => type switch
    {
        TarEntryType.CharacterDevice => sys_stat.S_IFCHR,
        TarEntryType.BlockDevice => sys_stat.S_IFBLK,
        _ => sys_stat.S_IFIFO,
    };
}
