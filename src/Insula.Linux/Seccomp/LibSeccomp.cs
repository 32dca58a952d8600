using System.Runtime.InteropServices;

namespace Insula.Linux.Seccomp;

/// <summary>seccomp.h of libseccomp 2.5 and later. Functions return 0 or a negative errno.</summary>
internal static unsafe partial class LibSeccomp
{
    /// <summary>SCMP_FLTATR_ACT_BADARCH: what happens to calls of an architecture that is not in the filter.</summary>
    public const int ActionForBadArchitecture = 2;

    /// <summary>SCMP_FLTATR_CTL_OPTIMIZE.</summary>
    public const int Optimize = 8;

    /// <summary>The value of <see cref="Optimize"/> for a binary tree over the call numbers instead of one comparison after the other.</summary>
    public const uint BinaryTree = 2;

    /// <summary>__NR_SCMP_ERROR: no such call.</summary>
    public const int NoSuchCall = -1;

    [LibraryImport("libseccomp.so.2")]
    public static partial nint seccomp_init(uint defaultAction);

    [LibraryImport("libseccomp.so.2")]
    public static partial void seccomp_release(nint context);

    [LibraryImport("libseccomp.so.2")]
    public static partial int seccomp_attr_set(nint context, int attribute, uint value);

    [LibraryImport("libseccomp.so.2", StringMarshalling = StringMarshalling.Utf8)]
    public static partial uint seccomp_arch_resolve_name(string name);

    [LibraryImport("libseccomp.so.2")]
    public static partial int seccomp_arch_add(nint context, uint architecture);

    [LibraryImport("libseccomp.so.2", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int seccomp_syscall_resolve_name(string name);

    [LibraryImport("libseccomp.so.2")]
    public static partial int seccomp_rule_add_array(nint context, uint action, int call, uint count, Argument* arguments);

    [LibraryImport("libseccomp.so.2")]
    public static partial int seccomp_export_bpf(nint context, int fd);

    /// <summary>struct scmp_arg_cmp.</summary>
    public struct Argument
    {
        public uint Index;
        public int Comparison;
        public ulong A;
        public ulong B;
    }
}
