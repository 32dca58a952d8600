using System.Runtime.InteropServices;

namespace Insula.Linux.LibC;

// CS1591: members bear the C names; the man pages named by the class are their documentation.
// CA1051: structs of the kernel have public fields.
#pragma warning disable CS1591, CA1051

/// <summary>sys/resource.h: setrlimit(2).</summary>
public static unsafe partial class sys_resource
{
    public const int RLIMIT_FSIZE = 1;
    public const int RLIMIT_CORE = 4;
    public const int RLIMIT_NOFILE = 7;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int setrlimit(int resource, rlimit* limit);

    /// <summary>struct rlimit.</summary>
    public struct rlimit
    {
        public nuint rlim_cur;
        public nuint rlim_max;
    }
}
