using System.Runtime.InteropServices;
using System.Text;
using Insula.Linux.LibC;

namespace Insula.Linux;

/// <summary>An open file descriptor of this process, always close-on-exec, closed on disposal.</summary>
public sealed class Descriptor : SafeHandle
{
    /// <summary>Takes ownership of an open descriptor.</summary>
    /// <param name="value">The number, as a system call returned it.</param>
    public Descriptor(int value)
        : this(value, ownsHandle: true)
    {
    }

    private Descriptor(int value, bool ownsHandle)
        : base(-1, ownsHandle) => SetHandle(value);

    /// <summary>AT_FDCWD: relative paths start at the working directory. Closing it does nothing.</summary>
    public static Descriptor WorkingDirectory { get; } = new(fcntl.AT_FDCWD, ownsHandle: false);

    /// <inheritdoc/>
    public override bool IsInvalid => handle == -1;

    /// <summary>The number. Valid only while this object is alive and undisposed; keep it referenced.</summary>
    public int Value
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return (int)handle;
        }
    }

    /// <summary>The path by which this process reaches the open file: <c>/proc/self/fd/N</c>.</summary>
    public string ProcPath => $"/proc/self/fd/{Value}";

    /// <summary>Wraps the result of a call that returns a descriptor or -1.</summary>
    /// <exception cref="LinuxException">The result is -1.</exception>
    public static Descriptor FromResult(int result, string operation, string? path = null) =>
        result < 0 ? throw LinuxException.FromLastError(operation, path) : new Descriptor(result);

    /// <summary>open(2), close-on-exec.</summary>
    public static Descriptor Open(string path, int flags, uint mode = 0) => OpenAt(WorkingDirectory, path, flags, mode);

    /// <summary>The same; null when there is nothing of that name.</summary>
    public static Descriptor? TryOpen(string path, int flags) => TryOpenAt(WorkingDirectory, path, flags, 0, out var errno) ?? (errno == Errno.ENOENT ? null : throw new LinuxException("open", path, errno));

    /// <summary>openat(2), close-on-exec.</summary>
    public static Descriptor OpenAt(Descriptor directory, string path, int flags, uint mode = 0) =>
        TryOpenAt(directory, path, flags, mode, out var errno) ?? throw new LinuxException("open", path, errno);

    private static Descriptor? TryOpenAt(Descriptor directory, string path, int flags, uint mode, out Errno errno)
    {
        while (true)
        {
            var result = fcntl.openat(directory, path, flags | fcntl.O_CLOEXEC, mode);
            errno = result >= 0 ? Errno.None : (Errno)Marshal.GetLastPInvokeError();
            if (errno != Errno.EINTR)
            {
                return result >= 0 ? new Descriptor(result) : null;
            }
        }
    }

    /// <summary>pipe2(2), both ends close-on-exec.</summary>
    public static unsafe (Descriptor Read, Descriptor Write) Pipe()
    {
        var fds = stackalloc int[2];
        return unistd.pipe2(fds, fcntl.O_CLOEXEC) == 0
            ? (new Descriptor(fds[0]), new Descriptor(fds[1]))
            : throw LinuxException.FromLastError("pipe2");
    }

    /// <summary>A second descriptor of the same open file, numbered at least <paramref name="minimum"/>.</summary>
    public Descriptor Duplicate(int minimum = 3) =>
        FromResult(fcntl.fcntl_(this, fcntl.F_DUPFD_CLOEXEC, minimum), "fcntl F_DUPFD_CLOEXEC");

    /// <summary>One read(2) at the file's position. Zero at the end.</summary>
    public unsafe int Read(Span<byte> buffer)
    {
        fixed (byte* pointer = buffer)
        {
            while (true)
            {
                var count = unistd.read(this, pointer, (nuint)buffer.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                if (Marshal.GetLastPInvokeError() != (int)Errno.EINTR)
                {
                    throw LinuxException.FromLastError("read");
                }
            }
        }
    }

    /// <summary>One pread(2), which leaves the file's position alone. Zero at the end.</summary>
    public unsafe int ReadAt(Span<byte> buffer, long offset)
    {
        fixed (byte* pointer = buffer)
        {
            while (true)
            {
                var count = unistd.pread(this, pointer, (nuint)buffer.Length, offset);
                if (count >= 0)
                {
                    return (int)count;
                }

                if (Marshal.GetLastPInvokeError() != (int)Errno.EINTR)
                {
                    throw LinuxException.FromLastError("pread");
                }
            }
        }
    }

    /// <summary>Reads to the end of the file.</summary>
    /// <param name="limit">The most bytes accepted; more is EFBIG.</param>
    public byte[] ReadToEnd(int limit = 1 << 20)
    {
        using var all = new MemoryStream();
        var buffer = new byte[4096];
        int count;
        while ((count = Read(buffer)) > 0)
        {
            if (all.Length + count > limit)
            {
                throw new LinuxException("read", null, Errno.EFBIG);
            }

            all.Write(buffer, 0, count);
        }

        return all.ToArray();
    }

    /// <summary>Writes everything, in as many write(2) calls as it takes.</summary>
    public unsafe void WriteAll(ReadOnlySpan<byte> bytes, string? path = null)
    {
        while (!bytes.IsEmpty)
        {
            nint count;
            fixed (byte* pointer = bytes)
            {
                count = unistd.write(this, pointer, (nuint)bytes.Length);
            }

            if (count >= 0)
            {
                bytes = bytes[(int)count..];
            }
            else if (Marshal.GetLastPInvokeError() != (int)Errno.EINTR)
            {
                throw LinuxException.FromLastError("write", path);
            }
        }
    }

    /// <summary>Writes the text as UTF-8 in one go, as control files want it.</summary>
    public void WriteAll(string text, string? path = null) => WriteAll(Encoding.UTF8.GetBytes(text), path);

    /// <inheritdoc/>
    public override string ToString() => IsClosed ? "fd closed" : $"fd {handle}";

    // Linux frees the number even when close reports EINTR or EIO, so there is nothing to repeat.
    /// <inheritdoc/>
    protected override bool ReleaseHandle() => unistd.close((int)handle) == 0;
}
