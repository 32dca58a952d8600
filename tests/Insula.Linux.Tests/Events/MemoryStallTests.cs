using Insula.Linux.Events;

namespace Insula.Linux.Tests.Events;

public sealed class MemoryStallTests
{
    /// <summary>Whether tasks wait for memory is not the test's to say: the wait goes on until it is given up, or ends because some do.</summary>
    [Fact]
    public async Task The_kernel_takes_the_trigger_or_it_is_said_why_not()
    {
        using var loop = new EventLoop();
        using var stall = MemoryStall.TryOpen(out var why);
        Assert.Equal(stall is null, why.Length > 0);
        using var given = new CancellationTokenSource();
        var waiting = stall?.HappenedAsync(loop, given.Token) ?? Task.CompletedTask;
        await given.CancelAsync();
        await waiting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Assert.False(waiting.IsFaulted);
    }
}
