using System.Runtime.InteropServices;

namespace Insula.Linux.LibC;

// CS1591: members bear the C names; the man pages named by the class are their documentation.
// CA1051: structs of the kernel have public fields.
#pragma warning disable CS1591, CA1051

/// <summary>sys/ioctl.h: ioctl_tty(2).</summary>
public static unsafe partial class sys_ioctl
{
    public const nuint TIOCSWINSZ = 0x5414;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int ioctl(SafeHandle fd, nuint request, void* argument);

    public struct winsize
    {
        public ushort ws_row;
        public ushort ws_col;
        public ushort ws_xpixel;
        public ushort ws_ypixel;
    }
}
