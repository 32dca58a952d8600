using Insula.Linux;

namespace Insula.Volumes;

/// <summary>Where a container finds a volume.</summary>
public abstract record MountSource
{
    private MountSource()
    {
    }

    /// <summary>A directory below the pod's directory that no container can redirect.</summary>
    /// <param name="RelativePath">For example <c>volumes/cache</c>.</param>
    public sealed record InPodDirectory(string RelativePath) : MountSource;

    /// <summary>A memory volume held by the sandbox.</summary>
    /// <param name="Name">The volume's name.</param>
    /// <param name="SubPath">A path in it to be resolved by the sandbox (<c>OpenMemoryVolumeAsync</c>); empty for the volume itself.</param>
    public sealed record Memory(string Name, string SubPath) : MountSource;

    /// <summary>A volume in huge pages, held by the sandbox, which makes it when it is first asked for.</summary>
    /// <param name="Name">The volume's name.</param>
    /// <param name="Medium">As the manifest says it, which may leave the size to what the pod requests.</param>
    /// <param name="SizeBytes">Its sizeLimit; null for none.</param>
    /// <param name="Mode">Permission bits of its root.</param>
    /// <param name="Group">Group of its root, as the pod sees it.</param>
    /// <param name="SubPath">A path in it to be resolved by the sandbox; empty for the volume itself.</param>
    public sealed record InHugePages(string Name, string Medium, long? SizeBytes, uint Mode, uint Group, string SubPath) : MountSource;

    /// <summary>A detached mount: a host path, or a subPath resolved on descriptors.</summary>
    /// <param name="Mount">The descriptor of open_tree(2), now the caller's to dispose.</param>
    /// <param name="IsDirectory">Whether it is a directory; otherwise the mount point must be a file.</param>
    public sealed record Detached(Descriptor Mount, bool IsDirectory) : MountSource;
}
