using Insula.Linux;
using Insula.Linux.Files;

namespace Insulad.Http.Logs;

/// <summary>An open log file. Its inode says which it is whatever name a rotation has given it meanwhile.</summary>
internal sealed class LogFile : IDisposable
{
    private readonly Descriptor _file;

    private LogFile(Descriptor file)
    {
        _file = file;
        Inode = Entries.Status(file).Inode;
    }

    public ulong Inode { get; }

    /// <summary>Whether it has been rotated away altogether.</summary>
    public bool IsRemoved => Entries.Status(_file).Links == 0;

    /// <summary>Null when there is no such file (any more), or something of a container's in its place.</summary>
    public static LogFile? TryOpen(Descriptor directory, string name) => RegularFile.TryOpen(directory, name) is { } file ? new LogFile(file) : null;

    /// <summary>Bytes read; 0 at the end.</summary>
    public int Read(Span<byte> buffer, long offset) => _file.ReadAt(buffer, offset);

    public void Dispose() => _file.Dispose();
}
