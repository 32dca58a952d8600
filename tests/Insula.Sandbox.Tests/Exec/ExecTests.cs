using System.Text;
using Insula.Linux;
using Insula.Linux.Events;
using Insula.Linux.Files;
using Insula.Linux.Sockets;
using Insula.Sandbox.Attach;
using Insula.Sandbox.Exec;
using Insula.Sandbox.Shim;

namespace Insula.Sandbox.Tests.Exec;

public sealed class ExecTests
{
    [Fact]
    public async Task Ids_go_on_after_those_of_an_earlier_daemon_and_news_reach_their_commands()
    {
        var registry = new ExecRegistry();
        var old = registry.FindOrAdd("exec-7");
        var entry = registry.Add("a.0");
        Assert.Equal("exec-8", entry.Id);
        Assert.Same(old, Assert.Single(registry.Inherited()));
        registry.Exited(new ShimMessage.ExecExited("exec-8", 0, 9, DateTimeOffset.UnixEpoch));
        Assert.Equal(new ExecResult(137, 9, DateTimeOffset.UnixEpoch), await entry.Ended.Task);
        registry.Fail("gone");
        await Assert.ThrowsAsync<SandboxException>(() => entry.Gone.Task);
        Assert.Throws<SandboxException>(() => registry.Add("a.0"));
    }

    [Fact]
    public void Output_beyond_the_limit_is_dropped()
    {
        var output = new OutputBuffer(5);
        output.Add("abc"u8);
        Assert.False(output.Truncated);
        output.Add("def"u8);
        output.Add("g"u8);
        Assert.Equal("abcde", Encoding.UTF8.GetString(output.Kept.Span));
        Assert.True(output.Truncated);
    }

    [Fact]
    public async Task A_pipe_is_read_and_written_without_blocking()
    {
        using var events = new EventLoop();
        var (read, write) = Descriptor.Pipe();
        await using var reader = new DescriptorStream(read, events, FileAccess.Read);
        var writer = new DescriptorStream(write, events, FileAccess.Write);
        var sent = new byte[1 << 20];
        new Random(1).NextBytes(sent);
        var writing = Task.Run(async () =>
        {
            await writer.WriteAsync(sent);
            await writer.DisposeAsync();
        });
        using var received = new MemoryStream();
        await reader.CopyToAsync(received);
        await writing;
        Assert.Equal(sent, received.ToArray());
        Assert.Equal(0, await reader.ReadAsync(new byte[1]));
    }

    [Fact]
    public async Task Closing_and_cancelling_end_a_waiting_read()
    {
        using var events = new EventLoop();
        var (read, write) = Descriptor.Pipe();
        using (write)
        {
            var reader = new DescriptorStream(read, events, FileAccess.Read);
            using var cancel = new CancellationTokenSource();
            var cancelled = reader.ReadAsync(new byte[1], cancel.Token).AsTask();
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
            var closed = reader.ReadAsync(new byte[1]).AsTask();
            await reader.DisposeAsync();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => closed);
        }
    }

    [Fact]
    public async Task A_copy_that_breaks_off_differs_from_one_that_ends_and_both_are_read_to_there()
    {
        using var events = new EventLoop();
        foreach (var isWhole in (bool[])[true, false])
        {
            var (receiver, sender) = StreamPair.Create(1 << 20);
            _ = NonBlocking.TryWrite(receiver, [0]);
            await using var reader = new DescriptorStream(receiver, events, FileAccess.Read);
            sender.WriteAll("all of it");
            if (isWhole)
            {
                Assert.Equal(1, NonBlocking.TryRead(sender, new byte[1]));
            }

            sender.Dispose();
            var buffer = new byte[100];
            Assert.Equal("all of it", Encoding.UTF8.GetString(buffer, 0, await reader.ReadAtLeastAsync(buffer, 9)));
            if (isWhole)
            {
                Assert.Equal(0, await reader.ReadAsync(buffer));
            }
            else
            {
                await Assert.ThrowsAsync<SlowReaderException>(() => reader.ReadExactlyAsync(buffer).AsTask());
            }
        }
    }

    [Fact]
    public async Task A_stopped_reader_still_takes_what_is_there()
    {
        using var events = new EventLoop();
        var (read, write) = Descriptor.Pipe();
        using var open = write;
        await using var reader = new DescriptorStream(read, events, FileAccess.Read);
        var output = new OutputBuffer(100);
        using var stop = new CancellationTokenSource();
        write.WriteAll("last words");
        await stop.CancelAsync();
        await output.ReadAsync(reader, stop.Token);
        Assert.Equal("last words", Encoding.UTF8.GetString(output.Kept.Span));
    }
}
