using Insula.Linux;
using Insula.Sandbox.Shim;

namespace Insula.Sandbox.Tests.Shim;

public sealed class ShimClientTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Hello_gives_the_shims_process()
    {
        await using var shim = new FakeShim();
        var hello = shim.Client.HelloAsync(Long, default);
        Assert.Equal("1 hello 1", await shim.ReceiveAsync());
        await shim.SendAsync("ok 1 1 4711");
        Assert.Equal(4711, await hello);
    }

    [Fact]
    public async Task Answers_find_their_requests_in_any_order()
    {
        await using var shim = new FakeShim();
        var first = Call(shim, "signal", "a.0", "15");
        Assert.Equal("1 signal a.0 15", await shim.ReceiveAsync());
        var second = Call(shim, "ack", "container", "b.0");
        Assert.Equal("2 ack container b.0", await shim.ReceiveAsync());
        await shim.SendAsync("ok 2 second");
        Assert.Equal(["second"], (await second).Words);
        await shim.SendAsync("ok 1 first");
        Assert.Equal(["first"], (await first).Words);
    }

    [Fact]
    public async Task A_failed_step_becomes_an_exception_with_step_and_errno()
    {
        await using var shim = new FakeShim();
        var call = Call(shim, "start", "a.0");
        await shim.ReceiveAsync();
        await shim.SendAsync("err 1 exec 2 /bin/nothing");
        var failure = await Assert.ThrowsAsync<LaunchException>(() => call);
        Assert.Equal(("exec", Errno.ENOENT, "/bin/nothing"), (failure.Step, failure.Errno, failure.Detail));
        Assert.Equal("test: exec: /bin/nothing: No such file or directory (ENOENT)", failure.Message);
    }

    [Fact]
    public async Task A_list_is_complete_when_all_its_entries_came()
    {
        await using var shim = new FakeShim();
        var call = Call(shim, "list");
        await shim.ReceiveAsync();
        await shim.SendAsync("ok 1 2");
        await shim.SendAsync("entry 1 container a.0 running 5 1000");
        await shim.SendAsync("event exit b.0 6 0 0 1000");
        Assert.False(call.IsCompleted);
        await shim.SendAsync("entry 1 exec exec-1 running 7 1000");
        Assert.Equal(["a.0", "exec-1"], (await call).Entries.Select(entry => entry.Id));
        Assert.IsType<ShimMessage.Exited>(Assert.Single(shim.Events));
        var empty = Call(shim, "list");
        await shim.ReceiveAsync();
        await shim.SendAsync("ok 2 0");
        Assert.Empty((await empty).Entries);
    }

    [Fact]
    public async Task Descriptors_of_an_answer_are_its_takers_and_the_rest_is_closed()
    {
        await using var shim = new FakeShim();
        var call = Call(shim, "namespaces");
        await shim.ReceiveAsync();
        using var file = Descriptor.Open("/dev/null", 0);
        await shim.SendAsync("ok 1 net ipc", file, file);
        Descriptor taken;
        using (var answer = await call)
        {
            taken = answer.Take(0);
            Assert.Throws<SandboxException>(() => answer.Take(0));
            Assert.Throws<SandboxException>(() => answer.Take(2));
        }

        Assert.False(taken.IsClosed);
        taken.Dispose();
    }

    [Fact]
    public async Task A_shim_that_does_not_answer_in_time_is_an_error_and_its_late_answer_is_dropped()
    {
        await using var shim = new FakeShim();
        var call = shim.Client.CallAsync("test", ["signal"], [], TimeSpan.FromMilliseconds(50), default);
        await shim.ReceiveAsync();
        var failure = await Assert.ThrowsAsync<SandboxException>(() => call);
        Assert.Contains("did not answer 'signal' within", failure.Message, StringComparison.Ordinal);
        await shim.SendAsync("ok 1");
        var next = Call(shim, "signal");
        Assert.Equal("2 signal", await shim.ReceiveAsync());
        await shim.SendAsync("ok 2");
        (await next).Dispose();
    }

    [Fact]
    public async Task A_closed_connection_fails_what_waits_and_what_comes_and_is_told_once()
    {
        await using var shim = new FakeShim();
        var call = Call(shim, "start", "a.0");
        await shim.ReceiveAsync();
        shim.Close();
        var failure = await Assert.ThrowsAsync<SandboxException>(() => call);
        Assert.Contains("lost while it was asked to start", failure.Message, StringComparison.Ordinal);
        await shim.Lost.Task.WaitAsync(Long);
        await Assert.ThrowsAsync<SandboxException>(() => Call(shim, "start", "a.0"));
    }

    [Theory]
    [InlineData("nonsense 1\0")]
    [InlineData("ok 1")]
    [InlineData("event\0exit\0")]
    public async Task A_peer_that_breaks_the_protocol_is_lost(string bytes)
    {
        await using var shim = new FakeShim();
        await shim.SendRawAsync(System.Text.Encoding.UTF8.GetBytes(bytes));
        Assert.NotEmpty(await shim.Lost.Task.WaitAsync(Long));
    }

    [Fact]
    public async Task Letting_go_is_no_loss()
    {
        var shim = new FakeShim();
        var call = Call(shim, "list");
        await shim.ReceiveAsync();
        await shim.DisposeAsync();
        await Assert.ThrowsAsync<SandboxException>(() => call);
        Assert.False(shim.Lost.Task.IsCompleted);
    }

    [Fact]
    public async Task A_cancelled_launch_is_ended_and_its_last_word_awaited()
    {
        await using var shim = new FakeShim();
        using var cancel = new CancellationTokenSource();
        var ended = new TaskCompletionSource();
        var launch = Launch.WaitAsync(Call(shim, "start", "a.0"), () => { ended.SetResult(); return Task.CompletedTask; }, cancel.Token);
        await shim.ReceiveAsync();
        await cancel.CancelAsync();
        await ended.Task.WaitAsync(Long);
        Assert.False(launch.IsCompleted);
        await shim.SendAsync("err 1 launch 3 killed");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => launch);
    }

    private static Task<ShimAnswer> Call(FakeShim shim, params string[] words) => shim.Client.CallAsync("test", words, [], Long, default);
}
