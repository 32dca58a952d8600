using System.Text;
using Insula.Linux.Events;
using Insula.Linux.LibC;
using Insula.Linux.Sockets;

namespace Insula.Linux.Tests.Sockets;

public sealed class SeqPacketSocketTests : IDisposable
{
    private static readonly CancellationToken _token = TestContext.Current.CancellationToken;

    private readonly EventLoop _loop = new();

    public void Dispose() => _loop.Dispose();

    [Fact]
    public async Task Packets_keep_their_bounds_and_carry_descriptors()
    {
        var (first, second) = SeqPacketSocket.Pair();
        using (first)
        using (second)
        {
            var (read, write) = Descriptor.Pipe();
            using (read)
            {
                await first.SendAsync(_loop, "one"u8.ToArray(), [write, write], _token);
                await first.SendAsync(_loop, "two"u8.ToArray(), null, _token);
                write.Dispose();
                using (var packet = await second.ReceiveAsync(_loop, _token))
                {
                    Assert.Equal("one"u8, packet!.Data);
                    Assert.Equal(2, packet.Descriptors.Count);
                    packet.Descriptors[1].WriteAll("through");
                    Assert.Equal(fcntl.FD_CLOEXEC, fcntl.fcntl_(packet.Descriptors[0], fcntl.F_GETFD, 0));
                }

                // Reading to the end proves that every copy of the writing side is closed.
                Assert.Equal("through", Encoding.ASCII.GetString(read.ReadToEnd()));
                using var next = await second.ReceiveAsync(_loop, _token);
                Assert.Equal("two"u8, next!.Data);
                Assert.Empty(next.Descriptors);
            }
        }
    }

    [Fact]
    public async Task A_truncated_packet_is_an_error_and_leaks_no_descriptor()
    {
        var (first, second) = SeqPacketSocket.Pair();
        using (first)
        using (second)
        {
            SendRaw(first, new byte[SeqPacketSocket.MaxPacket + 1]);
            SendRaw(first, new byte[SeqPacketSocket.MaxPacket]);
            var exception = await Assert.ThrowsAsync<LinuxException>(() => second.ReceiveAsync(_loop, _token));
            Assert.Equal(Errno.EMSGSIZE, exception.Errno);
            using var next = await second.ReceiveAsync(_loop, _token);
            Assert.Equal(SeqPacketSocket.MaxPacket, next!.Data.Length);
        }
    }

    [Fact]
    public async Task Sizes_out_of_range_are_refused_before_sending()
    {
        var (first, second) = SeqPacketSocket.Pair();
        using (first)
        using (second)
        {
            await Assert.ThrowsAsync<ArgumentException>(() => first.SendAsync(_loop, ReadOnlyMemory<byte>.Empty, null, _token));
            await Assert.ThrowsAsync<ArgumentException>(() => first.SendAsync(_loop, new byte[SeqPacketSocket.MaxPacket + 1], null, _token));
            var many = Enumerable.Repeat(first.Descriptor, SeqPacketSocket.MaxDescriptors + 1).ToArray();
            await Assert.ThrowsAsync<ArgumentException>(() => first.SendAsync(_loop, "x"u8.ToArray(), many, _token));
        }
    }

    [Fact]
    public async Task A_full_socket_makes_the_sender_wait_and_nothing_is_lost()
    {
        var (first, second) = SeqPacketSocket.Pair();
        using (first)
        using (second)
        {
            const int Count = 2000;
            var sender = Task.Run(
                async () =>
                {
                    for (var i = 0; i < Count; i++)
                    {
                        await first.SendAsync(_loop, BitConverter.GetBytes(i), null, _token);
                    }
                },
                _token);
            for (var i = 0; i < Count; i++)
            {
                using var packet = await second.ReceiveAsync(_loop, _token);
                Assert.Equal(i, BitConverter.ToInt32(packet!.Data));
            }

            await sender;
        }
    }

    [Fact]
    public async Task The_peers_end_is_null_and_sending_then_fails()
    {
        var (first, second) = SeqPacketSocket.Pair();
        using (second)
        {
            var receive = second.ReceiveAsync(_loop, _token);
            first.Dispose();
            Assert.Null(await receive);
            var exception = await Assert.ThrowsAsync<LinuxException>(() => second.SendAsync(_loop, "x"u8.ToArray(), null, _token));
            Assert.Equal(Errno.EPIPE, exception.Errno);
        }
    }

    [Fact]
    public async Task Disposal_ends_a_pending_receive()
    {
        var (first, second) = SeqPacketSocket.Pair();
        using (first)
        {
            var receive = second.ReceiveAsync(_loop, _token);
            second.Dispose();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => receive);
            await Assert.ThrowsAsync<ObjectDisposedException>(() => second.ReceiveAsync(_loop, _token));
        }
    }

    [Fact]
    public async Task A_listener_in_a_directory_whose_path_is_too_long_for_an_address()
    {
        using var top = new TemporaryDirectory();
        var deep = Path.Combine(top.Path, new string('d', 200));
        Directory.CreateDirectory(deep);
        using var directory = Linux.Files.Directories.Open(deep);
        using var listener = SeqPacketSocket.Listen(directory, "shim.sock");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(deep, "shim.sock")));

        var accepting = listener.AcceptAsync(_loop, _token);
        using var client = SeqPacketSocket.Connect(directory, "shim.sock");
        using var server = await accepting;
        Assert.Equal(Environment.ProcessId, server.GetPeer().Pid);
        await client.SendAsync(_loop, "hello"u8.ToArray(), null, _token);
        using var packet = await server.ReceiveAsync(_loop, _token);
        Assert.Equal("hello"u8, packet!.Data);

        Assert.Equal(Errno.EADDRINUSE, Assert.Throws<LinuxException>(() => SeqPacketSocket.Listen(directory, "shim.sock")).Errno);
        Assert.Equal(Errno.ENOENT, Assert.Throws<LinuxException>(() => SeqPacketSocket.Connect(directory, "other.sock")).Errno);
        Assert.Throws<ArgumentException>(() => SeqPacketSocket.Connect(directory, "a/b"));
    }

    private static unsafe void SendRaw(SeqPacketSocket socket, byte[] data)
    {
        fixed (byte* pointer = data)
        {
            Assert.Equal(data.Length, (int)sys_socket.send(socket.Descriptor, pointer, (nuint)data.Length, sys_socket.MSG_NOSIGNAL));
        }
    }
}
