using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Insula.Linux.Files;
using Insula.Linux.LibC;

namespace Insula.Linux.Sockets;

/// <summary>
/// A TCP connection of a <see cref="SocketLoop"/>. All of it is the loop's thread's: a call from another one goes on there. At most one read and
/// one write at a time.
/// </summary>
internal sealed class LoopStream(SocketLoop loop, Descriptor socket, ulong key) : UnseekableStream
{
    private readonly Direction _reads = new();
    private readonly Direction _writes = new();
    private bool _closed;

    /// <summary>What its loop knows it by.</summary>
    public ulong Key => key;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    /// <summary>Connects, on the loop's thread.</summary>
    /// <exception cref="LinuxException">It is not connected.</exception>
    public async Task ConnectAsync(IPEndPoint target, CancellationToken cancellationToken)
    {
        if (Connect(target) is not (Errno.EINPROGRESS or Errno.None) and var refused)
        {
            throw new LinuxException("connect", null, refused);
        }

        loop.Follow(this, socket);
        await _writes.WaitAsync(loop, cancellationToken).ConfigureAwait(false);
        if (Failure() is not Errno.None and var failure)
        {
            throw new LinuxException("connect", null, failure);
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await loop.SwitchAsync();
        while (true)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (_reads.Ready && Received(buffer.Span) is { } count)
            {
                return count;
            }

            await _reads.WaitAsync(loop, cancellationToken).ConfigureAwait(false);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await loop.SwitchAsync();
        while (!buffer.IsEmpty)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (_writes.Ready && Sent(buffer.Span) is { } count)
            {
                buffer = buffer[count..];
                continue;
            }

            await _writes.WaitAsync(loop, cancellationToken).ConfigureAwait(false);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("its thread would wait for itself");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("its thread would wait for itself");

    /// <summary>Events came.</summary>
    public void Happened(uint events)
    {
        // An error or a hang-up concerns both: who waits finds out by its own call.
        var over = (events & (sys_epoll.EPOLLERR | sys_epoll.EPOLLHUP)) != 0;
        if (over || (events & sys_epoll.EPOLLOUT) != 0)
        {
            _writes.Tell();
        }

        if (over || (events & (sys_epoll.EPOLLIN | sys_epoll.EPOLLRDHUP)) != 0)
        {
            _reads.Tell();
        }
    }

    /// <summary>Closes it: who waits for it is told that it is gone.</summary>
    public void End()
    {
        if (!_closed)
        {
            _closed = true;
            loop.Forget(this);
            socket.Dispose();
            _writes.Tell();
            _reads.Tell();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (loop.IsCurrent)
        {
            End();
        }
        else
        {
            loop.Post(End);
        }

        base.Dispose(disposing);
    }

    private unsafe Errno Connect(IPEndPoint target)
    {
        Span<byte> name = stackalloc byte[28];
        name.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(name[2..], (ushort)target.Port);
        int length;
        if (target.AddressFamily == AddressFamily.InterNetworkV6)
        {
            // struct sockaddr_in6 (ipv6(7)): family, port, flow, address, scope.
            MemoryMarshal.Write(name, (ushort)sys_socket.AF_INET6);
            target.Address.TryWriteBytes(name[8..], out _);
            MemoryMarshal.Write(name[24..], (uint)target.Address.ScopeId);
            length = 28;
        }
        else
        {
            // struct sockaddr_in (ip(7)): family, port, address.
            MemoryMarshal.Write(name, (ushort)sys_socket.AF_INET);
            target.Address.TryWriteBytes(name[4..], out _);
            length = 16;
        }

        fixed (byte* pointer = name)
        {
            return sys_socket.connect(socket, pointer, (uint)length) == 0 ? Errno.None : (Errno)Marshal.GetLastPInvokeError();
        }
    }

    private unsafe Errno Failure()
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        int error;
        uint length = sizeof(int);
        return sys_socket.getsockopt(socket, sys_socket.SOL_SOCKET, sys_socket.SO_ERROR, &error, &length) == 0
            ? (Errno)error
            : throw LinuxException.FromLastError("getsockopt SO_ERROR");
    }

    // Null when there is nothing yet; then the kernel tells of what comes.
    private unsafe int? Received(Span<byte> buffer)
    {
        fixed (byte* pointer = buffer)
        {
            var count = sys_socket.recv(socket, pointer, (nuint)buffer.Length, 0);
            return count >= 0 ? (int)count : Refused("read", _reads);
        }
    }

    private unsafe int? Sent(ReadOnlySpan<byte> buffer)
    {
        fixed (byte* pointer = buffer)
        {
            var count = sys_socket.send(socket, pointer, (nuint)buffer.Length, sys_socket.MSG_NOSIGNAL);
            return count >= 0 ? (int)count : Refused("write", _writes);
        }
    }

    private static int? Refused(string operation, Direction direction)
    {
        var errno = (Errno)Marshal.GetLastPInvokeError();
        if (errno is not (Errno.EAGAIN or Errno.EINTR))
        {
            throw new LinuxException(operation, null, errno);
        }

        direction.Ready = errno == Errno.EINTR;
        return null;
    }

    /// <summary>Reading, or writing.</summary>
    private sealed class Direction
    {
        private TaskCompletionSource? _waiting;

        /// <summary>Whether the kernel has told that it can be done, and not refused it since.</summary>
        public bool Ready { get; set; }

        public void Tell()
        {
            Ready = true;
            var waiting = _waiting;
            _waiting = null;
            waiting?.TrySetResult(); // what follows runs here and now
        }

        public async Task WaitAsync(SocketLoop loop, CancellationToken cancellationToken)
        {
            if (Ready)
            {
                return;
            }

            if (_waiting is not null)
            {
                throw new InvalidOperationException("Somebody waits for this already.");
            }

            var waiting = _waiting = new TaskCompletionSource();
            await using (cancellationToken.UnsafeRegister(
                (_, token) => Cancel(loop, waiting, token), null).ConfigureAwait(false))
            {
                await waiting.Task.ConfigureAwait(false);
            }
        }

        private void Cancel(SocketLoop loop, TaskCompletionSource waiting, CancellationToken token)
        {
            if (!loop.IsCurrent)
            {
                loop.Post(() => Cancel(loop, waiting, token));
                return;
            }

            if (_waiting == waiting)
            {
                _waiting = null;
                waiting.TrySetCanceled(token);
            }
        }
    }
}
