using System.Runtime.InteropServices;
using Insula.Linux.LibC;

namespace Insula.Linux.Files;

/// <summary>Reads and writes that return instead of waiting, for pipes and terminals served by the event loop.</summary>
public static class NonBlocking
{
    /// <summary>Sets O_NONBLOCK on the open file. Whoever shares it (not merely the pipe) is affected too.</summary>
    public static void Enable(Descriptor descriptor)
    {
        var flags = fcntl.fcntl_(descriptor, fcntl.F_GETFL, 0);
        if (flags < 0 || fcntl.fcntl_(descriptor, fcntl.F_SETFL, flags | fcntl.O_NONBLOCK) != 0)
        {
            throw LinuxException.FromLastError("fcntl O_NONBLOCK");
        }
    }

    /// <summary>One read(2).</summary>
    /// <returns>How many bytes, 0 at the end, or -1 when there is nothing yet.</returns>
    public static unsafe int TryRead(Descriptor descriptor, Span<byte> buffer)
    {
        fixed (byte* pointer = buffer)
        {
            while (true)
            {
                var count = unistd.read(descriptor, pointer, (nuint)buffer.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                switch (Marshal.GetLastPInvokeError())
                {
                    case (int)Errno.EINTR:
                        continue;
                    case (int)Errno.EAGAIN:
                        return -1;
                    default:
                        throw LinuxException.FromLastError("read");
                }
            }
        }
    }

    /// <summary>One write(2).</summary>
    /// <returns>How many bytes were taken, or -1 when there is no room yet.</returns>
    public static unsafe int TryWrite(Descriptor descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* pointer = bytes)
        {
            while (true)
            {
                var count = unistd.write(descriptor, pointer, (nuint)bytes.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                switch (Marshal.GetLastPInvokeError())
                {
                    case (int)Errno.EINTR:
                        continue;
                    case (int)Errno.EAGAIN:
                        return -1;
                    default:
                        throw LinuxException.FromLastError("write");
                }
            }
        }
    }
}
