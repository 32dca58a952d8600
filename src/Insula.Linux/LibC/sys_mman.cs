using System.Runtime.InteropServices;

namespace Insula.Linux.LibC;

// CS1591: members bear the C names; the man pages named by the class are their documentation.
#pragma warning disable CS1591

/// <summary>sys/mman.h: memfd_create(2), madvise(2).</summary>
public static unsafe partial class sys_mman
{
    public const uint MFD_CLOEXEC = 1;
    public const uint MFD_ALLOW_SEALING = 2;
    public const int MADV_DONTNEED = 4;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int memfd_create(string name, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int madvise(void* address, nuint length, int advice);
}
