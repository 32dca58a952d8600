using Insula.Linux;
using Insula.Linux.Files;

namespace Insula.Images.Store;

/// <summary>The directories of a store, open. All of them 0700.</summary>
internal sealed record StoreDirectories(Descriptor Root, Descriptor Layers, Descriptor Skeletons, Descriptor Blobs, Descriptor Temporary) : IDisposable
{
    private const uint Private = 0x1C0;

    /// <summary>Opens them, making those that are missing.</summary>
    public static StoreDirectories Open(string path)
    {
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var root = Directories.Open(path);
        Entries.ChangeMode(root, Private);
        using var blobs = Directories.Ensure(root, "blobs", Private);
        var temporary = Directories.Ensure(root, "tmp", Private);

        // Layers are made here. All in one group of blocks, an ext4 without a journal would look through every file of an image that was just removed for each of the next one.
        Directories.Spread(temporary);
        var layers = Directories.Ensure(root, "layers", Private);
        MountPoints.Ensure(layers);
        return new StoreDirectories(
            root, layers, Directories.Ensure(root, "skeletons", Private), Directories.Ensure(blobs, "sha256", Private), temporary);
    }

    /// <summary>Whether they are still what their paths lead to: somebody may have removed or exchanged them.</summary>
    public bool AreAt(string path) =>
        Is(Root, path, ".") && Is(Layers, path, "layers") && Is(Skeletons, path, "skeletons") && Is(Blobs, path, "blobs/sha256") && Is(Temporary, path, "tmp");

    public void Dispose()
    {
        Temporary.Dispose();
        Blobs.Dispose();
        Skeletons.Dispose();
        Layers.Dispose();
        Root.Dispose();
    }

    private static bool Is(Descriptor directory, string path, string name)
    {
        if (!Directory.Exists(path))
        {
            return false;
        }

        using var root = Directories.Open(path);
        return Entries.Status(root, name) is { } found && found.IsSameFile(Entries.Status(directory));
    }
}
