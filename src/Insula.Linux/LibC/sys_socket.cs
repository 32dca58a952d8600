using System.Runtime.InteropServices;

namespace Insula.Linux.LibC;

// CS1591: members bear the C names; the man pages named by the class are their documentation.
// CA1051, CS0169, CS0649: structs of the kernel have public fields and padding.
#pragma warning disable CS1591, CA1051, CS0169, CS0649

/// <summary>sys/socket.h: sockets, ancillary data, unix(7).</summary>
public static unsafe partial class sys_socket
{
    public const int AF_UNIX = 1;
    public const int AF_INET = 2;
    public const int AF_INET6 = 10;
    public const int AF_NETLINK = 16;
    public const int AF_PACKET = 17;
    public const int SOCK_STREAM = 1;
    public const int SOCK_DGRAM = 2;
    public const int SOCK_RAW = 3;
    public const int SOCK_SEQPACKET = 5;
    public const int SOCK_NONBLOCK = 0x800;
    public const int SOCK_CLOEXEC = 0x80000;
    public const int SOL_SOCKET = 1;
    public const int SO_REUSEADDR = 2;
    public const int SO_ERROR = 4;
    public const int SO_SNDBUF = 7;
    public const int SO_RCVBUF = 8;
    public const int SO_LINGER = 13;
    public const int SO_REUSEPORT = 15;
    public const int IPPROTO_IPV6 = 41;
    public const int IPV6_V6ONLY = 26;
    public const int SO_PEERCRED = 17;
    public const int SO_ATTACH_FILTER = 26;
    public const int SO_SNDBUFFORCE = 32;
    public const int SO_RCVBUFFORCE = 33;
    public const int SCM_RIGHTS = 1;
    public const int MSG_PEEK = 2;
    public const int MSG_CTRUNC = 8;
    public const int MSG_TRUNC = 0x20;
    public const int MSG_DONTWAIT = 0x40;
    public const int MSG_NOSIGNAL = 0x4000;
    public const int MSG_CMSG_CLOEXEC = 0x40000000;
    public const int SHUT_RDWR = 2;

    [LibraryImport("libc", SetLastError = true)]
    public static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int socketpair(int domain, int type, int protocol, int* fds);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int bind(SafeHandle fd, void* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int listen(SafeHandle fd, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int accept4(SafeHandle fd, void* address, uint* length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int connect(SafeHandle fd, void* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int getsockname(SafeHandle fd, void* address, uint* length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint send(SafeHandle fd, void* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint recv(SafeHandle fd, void* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint sendmsg(SafeHandle fd, msghdr* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint recvmsg(SafeHandle fd, msghdr* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int getsockopt(SafeHandle fd, int level, int name, void* value, uint* length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int setsockopt(SafeHandle fd, int level, int name, void* value, uint length);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int shutdown(SafeHandle fd, int how);

    public struct iovec
    {
        public void* iov_base;
        public nuint iov_len;
    }

    public struct msghdr
    {
        public void* msg_name;
        public uint msg_namelen;
        public iovec* msg_iov;
        public nuint msg_iovlen;
        public void* msg_control;
        public nuint msg_controllen;
        public int msg_flags;
    }

    public struct cmsghdr
    {
        public nuint cmsg_len;
        public int cmsg_level;
        public int cmsg_type;
    }

    /// <summary>struct ucred: who connected.</summary>
    public struct ucred
    {
        public int pid;
        public uint uid;
        public uint gid;
    }

    /// <summary>struct sockaddr_un.</summary>
    public struct sockaddr_un
    {
        public ushort sun_family;
        public fixed byte sun_path[108];
    }
}
