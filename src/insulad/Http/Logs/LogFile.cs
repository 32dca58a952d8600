using Insula.Linux;
using Microsoft.Win32.SafeHandles;
using Mono.Unix.Native;

namespace Insulad.Http.Logs;

/// <summary>An open log file. Its inode says which it is whatever name a rotation has given it meanwhile.</summary>
internal sealed class LogFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    private LogFile(SafeFileHandle handle, ulong inode)
    {
        _handle = handle;
        Inode = inode;
    }

    public ulong Inode { get; }

    /// <summary>Null when there is no such file (any more).</summary>
    public static LogFile? Open(string path)
    {
        SafeFileHandle handle;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        if (Syscall.fstat((int)handle.DangerousGetHandle(), out var stat) != 0)
        {
            handle.Dispose();
            throw new LinuxException("fstat", path, (int)Stdlib.GetLastError());
        }

        return new LogFile(handle, stat.st_ino);
    }

    /// <summary>Bytes read; 0 at the end.</summary>
    public int Read(Span<byte> buffer, long offset) => RandomAccess.Read(_handle, buffer, offset);

    public void Dispose() => _handle.Dispose();
}
