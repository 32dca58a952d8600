using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Insula.Linux.LibC;

namespace Insula.Linux.Tests;

/// <summary>Sizes of the kernel's structs on 64-bit Linux, as sizeof in C gives them.</summary>
public sealed class LayoutTests
{
    [Fact]
    public void Structs_have_the_kernels_size()
    {
        Assert.Equal(256, Unsafe.SizeOf<sys_stat.statx_t>());
        Assert.Equal(24, Unsafe.SizeOf<fcntl.open_how>());
        Assert.Equal(32, Unsafe.SizeOf<sys_mount.mount_attr>());
        Assert.Equal(56, Unsafe.SizeOf<sys_socket.msghdr>());
        Assert.Equal(16, Unsafe.SizeOf<sys_socket.cmsghdr>());
        Assert.Equal(110, Unsafe.SizeOf<sys_socket.sockaddr_un>());
        Assert.Equal(128, Unsafe.SizeOf<sys_wait.siginfo_t>());
        Assert.Equal(128, Unsafe.SizeOf<signal.sigset_t>());
        Assert.Equal(120, Unsafe.SizeOf<sys_vfs.statfs_t>());
        Assert.Equal(8, Unsafe.SizeOf<linux_bpf.bpf_insn>());
        Assert.Equal(24, Unsafe.SizeOf<Linux.Seccomp.LibSeccomp.Argument>());
    }

    [Theory]
    [InlineData(1u, 3u, 0x103ul)]
    [InlineData(136u, 0u, 0x8800ul)]
    [InlineData(8u, 300u, 0x10082cul)]
    public void Device_numbers_are_encoded_as_glibc_does(uint major, uint minor, ulong expected) =>
        Assert.Equal(expected, sys_stat.makedev(major, minor));

    [Fact]
    public unsafe void Epoll_events_survive_writing_and_reading()
    {
        var buffer = stackalloc byte[16];
        sys_epoll.WriteEvent(buffer, sys_epoll.EPOLLIN, 0x1122334455667788);
        Assert.Equal((sys_epoll.EPOLLIN, 0x1122334455667788ul), sys_epoll.ReadEvent(buffer));
        Assert.Equal(RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16, sys_epoll.EventSize);
    }
}
