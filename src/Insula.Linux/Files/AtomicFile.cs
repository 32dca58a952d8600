namespace Insula.Linux.Files;

/// <summary>Files that are either wholly the old ones or wholly the new ones.</summary>
public static class AtomicFile
{
    /// <summary>Writes to a temporary name, syncs, and renames over the target; the directory is synced too.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="name">One component.</param>
    /// <param name="content">The content.</param>
    /// <param name="mode">The file's mode.</param>
    public static void Write(Descriptor directory, string name, ReadOnlySpan<byte> content, uint mode = 0x180) => throw new NotImplementedException();
}
