using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Insula.Cli.Client;

/// <summary>Opens directories as descriptors, which the framework does not.</summary>
internal static partial class LongPath
{
    private const int O_PATH = 0x200000, O_DIRECTORY = 0x10000, O_CLOEXEC = 0x80000;

    /// <summary>An O_PATH descriptor of a directory (open(2)).</summary>
    public static SafeFileHandle OpenDirectory(string path)
    {
        var fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        return fd >= 0
            ? new SafeFileHandle(fd, ownsHandle: true)
            : throw new CommandException($"{path}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);
}
