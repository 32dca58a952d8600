using System.Runtime.InteropServices;

namespace Insula.Linux.LibC;

// CS1591: members bear the C names; the man pages named by the class are their documentation.
// CA1051, CS0169, CS0649: structs of the kernel have public fields and padding.
#pragma warning disable CS1591, CA1051, CS0169, CS0649

/// <summary>spawn.h: posix_spawn(3). These functions return an errno, they do not set one.</summary>
public static unsafe partial class spawn
{
    public const short POSIX_SPAWN_SETPGROUP = 2;
    public const short POSIX_SPAWN_SETSIGDEF = 4;
    public const short POSIX_SPAWN_SETSIGMASK = 8;
    public const short POSIX_SPAWN_SETSID = 0x80;

    [LibraryImport("libc")]
    public static partial int posix_spawn(int* pid, byte* path, posix_spawn_file_actions_t* actions, posix_spawnattr_t* attributes, byte** argv, byte** envp);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_init(posix_spawn_file_actions_t* actions);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_destroy(posix_spawn_file_actions_t* actions);

    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t* actions, int fd, int newfd);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int posix_spawn_file_actions_addopen(posix_spawn_file_actions_t* actions, int fd, string path, int flags, uint mode);

    /// <summary>glibc 2.34 and later.</summary>
    [LibraryImport("libc")]
    public static partial int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t* actions, int from);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t* actions, string path);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_init(posix_spawnattr_t* attributes);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_destroy(posix_spawnattr_t* attributes);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setflags(posix_spawnattr_t* attributes, short flags);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setsigmask(posix_spawnattr_t* attributes, signal.sigset_t* mask);

    [LibraryImport("libc")]
    public static partial int posix_spawnattr_setsigdefault(posix_spawnattr_t* attributes, signal.sigset_t* set);

    /// <summary>Opaque; glibc needs 80 bytes, the rest is room.</summary>
    public struct posix_spawn_file_actions_t
    {
        private fixed ulong _opaque[32];
    }

    /// <summary>Opaque; glibc needs 336 bytes, the rest is room.</summary>
    public struct posix_spawnattr_t
    {
        private fixed ulong _opaque[64];
    }
}
