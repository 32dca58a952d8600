using System.Runtime.InteropServices;

namespace Insula.Linux.LibC;

// CS1591: members bear the C names; the man pages named by the class are their documentation.
#pragma warning disable CS1591

/// <summary>malloc.h of glibc: malloc_trim(3), mallopt(3).</summary>
public static partial class malloc
{
    public const int M_MMAP_THRESHOLD = -3;
    public const int M_ARENA_MAX = -8;

    /// <summary>Sets how memory is handed out from now on; 0 when it was refused.</summary>
    [LibraryImport("libc")]
    public static partial int mallopt(int param, int value);

    /// <summary>Gives free memory back to the kernel, but for <paramref name="pad"/> bytes; 1 when there was some.</summary>
    [LibraryImport("libc")]
    public static partial int malloc_trim(nuint pad);
}
