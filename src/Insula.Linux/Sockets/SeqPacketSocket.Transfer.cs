using System.Runtime.InteropServices;
using Insula.Linux.Events;
using Insula.Linux.LibC;

namespace Insula.Linux.Sockets;

public sealed partial class SeqPacketSocket
{
    private static unsafe int HeaderSize => Align(sizeof(sys_socket.cmsghdr));

    private static unsafe int ControlSize => HeaderSize + Align(MaxDescriptors * sizeof(int));

    /// <summary>Waits for a connection and accepts it.</summary>
    public Task<SeqPacketSocket> AcceptAsync(EventLoop loop, CancellationToken cancellationToken = default) =>
        WhenReadyAsync(loop, readable: true, TryAccept, cancellationToken);

    /// <summary>Sends one packet, waiting while the socket is full.</summary>
    /// <exception cref="LinuxException">EPIPE or ECONNRESET when the peer is gone.</exception>
    /// <exception cref="ArgumentException">It is empty, or longer than a packet may be.</exception>
    public Task SendAsync(EventLoop loop, ReadOnlyMemory<byte> data, IReadOnlyList<Descriptor>? descriptors = null, CancellationToken cancellationToken = default)
    {
        // An empty packet could not be told from the end of the connection.
        if (data.Length is 0 or > MaxPacket)
        {
            throw new ArgumentException($"A packet has 1 to {MaxPacket} bytes, not {data.Length}.", nameof(data));
        }

        if (descriptors?.Count > MaxDescriptors)
        {
            throw new ArgumentException($"A packet carries at most {MaxDescriptors} descriptors, not {descriptors.Count}.", nameof(descriptors));
        }

        return WhenReadyAsync(loop, readable: false, () => (TrySend(data.Span, descriptors ?? []), true), cancellationToken);
    }

    /// <summary>Receives one packet; null when the peer has closed.</summary>
    /// <exception cref="LinuxException">EMSGSIZE when it was truncated: its bytes are lost, its descriptors closed. ECONNRESET when the peer closed with unread packets.</exception>
    public Task<Packet?> ReceiveAsync(EventLoop loop, CancellationToken cancellationToken = default) =>
        WhenReadyAsync(loop, readable: true, TryReceive, cancellationToken);

    private async Task<T> WhenReadyAsync<T>(EventLoop loop, bool readable, Func<(bool Done, T Result)> attempt, CancellationToken cancellationToken)
    {
        CancellationTokenSource? both = null;
        try
        {
            while (true)
            {
                ObjectDisposedException.ThrowIf(Descriptor.IsClosed, this);
                var (done, result) = attempt();
                if (done)
                {
                    return result;
                }

                both ??= CancellationTokenSource.CreateLinkedTokenSource(_closed.Token, cancellationToken);
                await (readable ? loop.WaitReadableAsync(Descriptor, both.Token) : loop.WaitWritableAsync(Descriptor, both.Token)).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_closed.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(SeqPacketSocket));
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
        finally
        {
            both?.Dispose();
        }
    }

    private unsafe (bool Done, SeqPacketSocket Result) TryAccept()
    {
        var result = sys_socket.accept4(Descriptor, null, null, sys_socket.SOCK_CLOEXEC | sys_socket.SOCK_NONBLOCK);
        if (result >= 0)
        {
            return (true, new SeqPacketSocket(new Descriptor(result)));
        }

        // A connection that was given up again between the event and the accept is not ours to report.
        return Marshal.GetLastPInvokeError() is (int)Errno.EAGAIN or (int)Errno.EINTR or (int)Errno.ECONNABORTED
            ? (false, null!)
            : throw LinuxException.FromLastError("accept4");
    }

    private unsafe bool TrySend(ReadOnlySpan<byte> data, IReadOnlyList<Descriptor> descriptors)
    {
        var control = stackalloc byte[ControlSize];
        fixed (byte* pointer = data)
        {
            var vector = new sys_socket.iovec { iov_base = pointer, iov_len = (nuint)data.Length };
            var message = new sys_socket.msghdr { msg_iov = &vector, msg_iovlen = 1 };
            if (descriptors.Count > 0)
            {
                var header = (sys_socket.cmsghdr*)control;
                header->cmsg_len = (nuint)(HeaderSize + (descriptors.Count * sizeof(int)));
                header->cmsg_level = sys_socket.SOL_SOCKET;
                header->cmsg_type = sys_socket.SCM_RIGHTS;
                for (var i = 0; i < descriptors.Count; i++)
                {
                    ((int*)(control + HeaderSize))[i] = descriptors[i].Value;
                }

                message.msg_control = control;
                message.msg_controllen = (nuint)(HeaderSize + Align(descriptors.Count * sizeof(int)));
            }

            var count = sys_socket.sendmsg(Descriptor, &message, sys_socket.MSG_NOSIGNAL);
            GC.KeepAlive(descriptors);
            if (count >= 0)
            {
                return true;
            }
        }

        return Marshal.GetLastPInvokeError() is (int)Errno.EAGAIN or (int)Errno.EINTR
            ? false
            : throw LinuxException.FromLastError("sendmsg");
    }

    private unsafe (bool Done, Packet? Result) TryReceive()
    {
        var buffer = stackalloc byte[MaxPacket];
        var control = stackalloc byte[ControlSize];
        var vector = new sys_socket.iovec { iov_base = buffer, iov_len = MaxPacket };
        var message = new sys_socket.msghdr
        {
            msg_iov = &vector,
            msg_iovlen = 1,
            msg_control = control,
            msg_controllen = (nuint)ControlSize,
        };
        var count = sys_socket.recvmsg(Descriptor, &message, sys_socket.MSG_CMSG_CLOEXEC);
        if (count < 0)
        {
            return Marshal.GetLastPInvokeError() is (int)Errno.EAGAIN or (int)Errno.EINTR
                ? (false, null)
                : throw LinuxException.FromLastError("recvmsg");
        }

        var descriptors = TakeDescriptors(&message);
        if ((message.msg_flags & (sys_socket.MSG_TRUNC | sys_socket.MSG_CTRUNC)) != 0)
        {
            descriptors.ForEach(descriptor => descriptor.Dispose());
            throw new LinuxException("recvmsg", "truncated packet", Errno.EMSGSIZE);
        }

        if (count == 0)
        {
            // The peer's end, or an empty packet, which nobody of ours sends.
            descriptors.ForEach(descriptor => descriptor.Dispose());
            return (true, null);
        }

        return (true, new Packet(new ReadOnlySpan<byte>(buffer, (int)count).ToArray(), descriptors));
    }

    private static unsafe List<Descriptor> TakeDescriptors(sys_socket.msghdr* message)
    {
        var result = new List<Descriptor>();
        var offset = 0;
        var length = (int)message->msg_controllen;
        while (offset + HeaderSize <= length)
        {
            var header = (sys_socket.cmsghdr*)((byte*)message->msg_control + offset);
            if ((int)header->cmsg_len < HeaderSize)
            {
                break;
            }

            if (header->cmsg_level == sys_socket.SOL_SOCKET && header->cmsg_type == sys_socket.SCM_RIGHTS)
            {
                var numbers = (int*)((byte*)header + HeaderSize);
                for (var i = 0; i < ((int)header->cmsg_len - HeaderSize) / sizeof(int); i++)
                {
                    result.Add(new Descriptor(numbers[i]));
                }
            }

            offset += Align((int)header->cmsg_len);
        }

        return result;
    }

    private static unsafe int Align(int size) => (size + sizeof(nuint) - 1) & ~(sizeof(nuint) - 1);
}
