using System.Text;
using Insula.Linux;
using Insula.Linux.Events;
using Insula.Linux.Files;
using Insula.Sandbox.Attach;
using Insula.Sandbox.Containers;
using Insula.Sandbox.Lifecycle;
using Insula.Sandbox.Tests.Shim;
using Microsoft.Extensions.Logging.Abstractions;

namespace Insula.Sandbox.Tests.Attach;

public sealed class AttachTests : IAsyncDisposable
{
    private readonly EventLoop _loop = new();
    private readonly FakeShim _shim = new();
    private readonly ContainerTable _table = new();
    private readonly AttachRunner _runner;

    public AttachTests()
    {
        var options = new SandboxOptions { RootDirectory = "/", RunDirectory = "/", ShimProgram = "/none" };
        _runner = new AttachRunner(new SandboxContext(options, null!, _loop, TimeProvider.System, NullLogger.Instance), _shim.Client, _table);
        _table.Found("web.0", 7, DateTimeOffset.UnixEpoch, null);
    }

    [Fact]
    public async Task What_the_shim_hands_out_is_the_input_and_the_end_is_the_containers()
    {
        var attaching = _runner.StartAsync("web.0", output: true, error: false, CancellationToken.None);
        Assert.Equal("1 attach web.0 0 -", await _shim.ReceiveAsync());
        var (read, write) = Descriptor.Pipe();
        using (write)
        {
            await _shim.SendAsync("ok 1 1500000000 stdin", write);
        }

        using var attached = await attaching;
        Assert.Equal((DateTimeOffset.UnixEpoch.AddSeconds(1.5), false), (attached.Since, attached.IsTerminal));
        Assert.NotNull(attached.Stdout);
        Assert.Null(attached.Stderr);
        await attached.Stdin!.WriteAsync("said"u8.ToArray());
        var buffer = new byte[10];
        using (read)
        {
            Assert.Equal("said", Encoding.UTF8.GetString(buffer, 0, NonBlocking.TryRead(read, buffer)));
            var closing = attached.CloseStdinAsync(CancellationToken.None);
            Assert.Equal("2 close-stdin web.0", await _shim.ReceiveAsync());
            await _shim.SendAsync("ok 2");
            await closing;

            // What was ours is closed, too.
            Assert.Equal(0, NonBlocking.TryRead(read, buffer));
        }

        var exit = new ContainerExit(3, 0, DateTimeOffset.UnixEpoch, false);
        _table.Exited("web.0", 7, exit);
        Assert.Equal(exit, await attached.Ended);
    }

    [Fact]
    public async Task An_input_that_was_closed_is_none_and_an_older_shim_says_what_it_cannot()
    {
        var attaching = _runner.StartAsync("web.0", output: true, error: true, CancellationToken.None);
        Assert.Equal("1 attach web.0 0 1", await _shim.ReceiveAsync());
        await _shim.SendAsync("ok 1 1");
        using (var attached = await attaching)
        {
            Assert.Null(attached.Stdin);
            attached.Resize(1, 1); // of no terminal
        }

        attaching = _runner.StartAsync("web.0", output: false, error: true, CancellationToken.None);
        Assert.Equal("2 attach web.0 - 0", await _shim.ReceiveAsync());
        await _shim.SendAsync("err 2 request 95 attach:unknown");
        Assert.Equal(Errno.EOPNOTSUPP, (await Assert.ThrowsAsync<LaunchException>(() => attaching)).Errno);
    }

    public async ValueTask DisposeAsync()
    {
        await _shim.DisposeAsync();
        _loop.Dispose();
    }
}
