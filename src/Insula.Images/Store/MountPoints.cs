using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;

namespace Insula.Images.Store;

/// <summary>
/// A layer that belongs below those of every image: what a container's standard mounts lie on, empty. Where an image has none of these, each start
/// would make them in the container's own layer, and each end remove them.
/// </summary>
internal static class MountPoints
{
    /// <summary>Its name among the layers, which have numbers.</summary>
    public const string Name = "mountpoints";

    private const uint Open = 0x1ED; // 0755

    /// <summary>Makes what is missing of it.</summary>
    public static void Ensure(Descriptor layers)
    {
        using var layer = Directories.Ensure(layers, Name, Open);
        foreach (var directory in (string[])["dev", "proc", "sys"])
        {
            Directories.Ensure(layer, directory, Open).Dispose();
        }

        using var etc = Directories.Ensure(layer, "etc", Open);
        foreach (var file in (string[])["hostname", "hosts", "resolv.conf"])
        {
            const uint Readable = 0x1A4; // 0644
            Descriptor.OpenAt(etc, file, fcntl.O_RDONLY | fcntl.O_CREAT | fcntl.O_NOFOLLOW | fcntl.O_NONBLOCK, Readable).Dispose();
        }
    }
}
