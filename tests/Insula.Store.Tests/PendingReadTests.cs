using System.Threading.Channels;

namespace Insula.Store.Tests;

/// <summary>Waiting for a channel again and again: one wait at a time, and nothing that comes is missed.</summary>
public sealed class PendingReadTests
{
    private readonly Channel<int> _channel = Channel.CreateUnbounded<int>(new UnboundedChannelOptions { SingleReader = true });

    [Fact]
    public async Task A_wait_that_is_not_over_is_gone_on_with()
    {
        var pending = new PendingRead<int>(_channel.Reader);
        var first = pending.WaitAsync();
        Assert.Same(first, pending.WaitAsync());
        Assert.False(first.IsCompleted);
        Assert.True(_channel.Writer.TryWrite(1));
        Assert.True(await first);
    }

    [Fact]
    public async Task What_was_left_to_read_is_told_at_once_and_what_was_read_is_waited_for_anew()
    {
        var pending = new PendingRead<int>(_channel.Reader);
        Assert.True(_channel.Writer.TryWrite(1));
        Assert.True(await pending.WaitAsync());
        Assert.True(await pending.WaitAsync());
        Assert.True(_channel.Reader.TryRead(out _));
        Assert.False(pending.WaitAsync().IsCompleted);
    }

    [Fact]
    public async Task The_end_is_told_to_who_waits_and_to_who_comes_after_it()
    {
        var pending = new PendingRead<int>(_channel.Reader);
        var waiting = pending.WaitAsync();
        _channel.Writer.Complete();
        Assert.False(await waiting);
        Assert.False(await pending.WaitAsync());
    }
}
