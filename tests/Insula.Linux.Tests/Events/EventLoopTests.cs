using Insula.Linux.Events;

namespace Insula.Linux.Tests.Events;

public sealed class EventLoopTests : IDisposable
{
    private readonly EventLoop _loop = new();

    public void Dispose() => _loop.Dispose();

    [Fact]
    public async Task A_wait_ends_with_the_event_and_can_be_repeated()
    {
        var (read, write) = Descriptor.Pipe();
        using (read)
        using (write)
        {
            for (var i = 0; i < 3; i++)
            {
                var wait = _loop.WaitReadableAsync(read, TestContext.Current.CancellationToken);
                Assert.False(wait.IsCompleted);
                write.WriteAll("x");
                await wait;
                Assert.Equal(1, read.Read(new byte[8]));
            }
        }
    }

    [Fact]
    public async Task A_hang_up_wakes_the_reader()
    {
        var (read, write) = Descriptor.Pipe();
        using (read)
        {
            var wait = _loop.WaitReadableAsync(read, TestContext.Current.CancellationToken);
            write.Dispose();
            await wait;
            Assert.Equal(0, read.Read(new byte[8]));
        }
    }

    [Fact]
    public async Task A_cancelled_wait_frees_the_descriptor_for_the_next()
    {
        var (read, write) = Descriptor.Pipe();
        using (read)
        using (write)
        {
            using var cancelled = new CancellationTokenSource();
            var wait = _loop.WaitReadableAsync(read, cancelled.Token);
            Assert.Throws<InvalidOperationException>(() => _loop.WaitReadableAsync(read, CancellationToken.None).GetAwaiter().GetResult());
            await cancelled.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
            write.WriteAll("x");
            await _loop.WaitReadableAsync(read, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task A_closed_number_reused_by_another_file_is_not_confused()
    {
        for (var i = 0; i < 100; i++)
        {
            var (read, write) = Descriptor.Pipe();
            using var cancelled = new CancellationTokenSource();
            var wait = _loop.WaitReadableAsync(read, cancelled.Token);
            read.Dispose();
            write.Dispose();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                // Either the hang-up came first, or the cancellation does.
                await wait;
                throw new OperationCanceledException();
            });
        }

        var (last, writer) = Descriptor.Pipe();
        using (last)
        using (writer)
        {
            var wait = _loop.WaitReadableAsync(last, TestContext.Current.CancellationToken);
            Assert.False(wait.IsCompleted);
            writer.WriteAll("x");
            await wait;
        }
    }

    [Fact]
    public async Task The_loops_end_fails_its_waits()
    {
        var (read, write) = Descriptor.Pipe();
        using (read)
        using (write)
        {
            var wait = _loop.WaitReadableAsync(read, TestContext.Current.CancellationToken);
            _loop.Dispose();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => wait);
            await Assert.ThrowsAsync<ObjectDisposedException>(() => _loop.WaitReadableAsync(read, CancellationToken.None));
        }
    }

    [Fact]
    public async Task A_wait_that_the_kernel_refuses_to_go_on_with_fails_alone()
    {
        using var socket = new HiddenSocket();
        var readable = _loop.WaitReadableAsync(socket.Descriptor, TestContext.Current.CancellationToken);
        var writable = _loop.WaitWritableAsync(socket.Descriptor, TestContext.Current.CancellationToken);
        socket.Hide();
        socket.Peer.WriteAll("x");
        await readable;
        Assert.Equal(Errno.EPERM, (await Assert.ThrowsAsync<LinuxException>(() => writable)).Errno);

        // The loop lives, and the descriptor can be waited for, which epoll did not forget.
        socket.Show();
        await _loop.WaitReadableAsync(socket.Descriptor, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_wait_that_the_kernel_refuses_to_forget_is_cancelled()
    {
        using var socket = new HiddenSocket();
        using var cancelled = new CancellationTokenSource();
        var readable = _loop.WaitReadableAsync(socket.Descriptor, cancelled.Token);
        socket.Hide();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => readable);

        socket.Show();
        socket.Peer.WriteAll("x");
        await _loop.WaitReadableAsync(socket.Descriptor, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_second_wait_that_the_kernel_refuses_is_not_remembered()
    {
        using var socket = new HiddenSocket();
        var readable = _loop.WaitReadableAsync(socket.Descriptor, TestContext.Current.CancellationToken);
        socket.Hide();
        await Assert.ThrowsAsync<LinuxException>(() => _loop.WaitWritableAsync(socket.Descriptor, TestContext.Current.CancellationToken));

        socket.Show();
        var writable = _loop.WaitWritableAsync(socket.Descriptor, TestContext.Current.CancellationToken);
        Assert.False(writable.IsCompleted);
        socket.Peer.Dispose();
        await readable;
        await writable;
    }
}
