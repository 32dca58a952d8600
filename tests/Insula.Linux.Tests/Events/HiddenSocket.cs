using System.Runtime.InteropServices;
using Insula.Linux.LibC;

namespace Insula.Linux.Tests.Events;

/// <summary>
/// A socket with nothing to read and no room to write, whose number can be made to mean another file. It stays open under a second
/// number, so its events come, but epoll_ctl(2) does not get at it by the first: EPERM.
/// </summary>
internal sealed unsafe partial class HiddenSocket : IDisposable
{
    private const int AF_UNIX = 1;
    private const int SOCK_STREAM_CLOEXEC = 0x80001;
    private const int MSG_DONTWAIT = 0x40;
    private readonly Descriptor _same;
    private readonly Descriptor _other;

    public HiddenSocket()
    {
        var numbers = stackalloc int[2];
        Assert.Equal(0, sys_socket.socketpair(AF_UNIX, SOCK_STREAM_CLOEXEC, 0, numbers));
        (Descriptor, Peer) = (new Descriptor(numbers[0]), new Descriptor(numbers[1]));
        _same = Descriptor.Duplicate();
        _other = Linux.Descriptor.Open("/dev/null", fcntl.O_RDONLY);
        var block = stackalloc byte[4096];
        while (sys_socket.send(Descriptor, block, 4096, MSG_DONTWAIT) > 0)
        {
        }
    }

    public Descriptor Descriptor { get; }

    public Descriptor Peer { get; }

    /// <summary>The number means another file.</summary>
    public void Hide() => Assert.Equal(Descriptor.Value, dup2(_other.Value, Descriptor.Value));

    /// <summary>The number means the socket again.</summary>
    public void Show() => Assert.Equal(Descriptor.Value, dup2(_same.Value, Descriptor.Value));

    public void Dispose()
    {
        Peer.Dispose();
        Descriptor.Dispose();
        _same.Dispose();
        _other.Dispose();
    }

    [LibraryImport("libc")]
    private static partial int dup2(int number, int target);
}
