using System.Net;
using System.Net.Sockets;
using Insula.Linux;
using Insula.Linux.Sockets;

namespace Insula.Linux.Tests.Sockets;

public sealed class SocketLoopTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly SocketLoop _loop = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public SocketLoopTests() => _listener.Start();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose()
    {
        _loop.Dispose();
        _listener.Dispose();
    }

    [Fact]
    public async Task What_is_written_comes_and_what_comes_is_read_to_its_end()
    {
        // More than a socket holds, so that both have to wait.
        var sent = new byte[16 << 20];
        new Random(1).NextBytes(sent);
        await using var stream = await _loop.ConnectAsync(null, IPAddress.Loopback, Port, Ct);
        using var server = await _listener.AcceptSocketAsync(Ct);
        var echo = Task.Run(
            async () =>
            {
                var all = new byte[sent.Length];
                for (var length = 0; length < all.Length;)
                {
                    length += await server.ReceiveAsync(all.AsMemory(length), Ct);
                }

                for (var length = 0; length < all.Length;)
                {
                    length += await server.SendAsync(all.AsMemory(length), Ct);
                }

                server.Shutdown(SocketShutdown.Send);
            },
            Ct);
        await stream.WriteAsync(sent, Ct).AsTask().WaitAsync(Patience, Ct);
        using var received = new MemoryStream();
        await stream.CopyToAsync(received, Ct).WaitAsync(Patience, Ct);
        Assert.Equal(sent, received.ToArray());
        await echo;
    }

    [Fact]
    public async Task What_has_begun_on_its_thread_goes_on_there()
    {
        var told = new TaskCompletionSource<bool[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var begin = _loop.CreateTimer(_ => Begin(), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        using var server = await _listener.AcceptSocketAsync(Ct);
        await server.ReceiveAsync(new byte[1], Ct);
        await server.SendAsync(new byte[1], Ct);
        Assert.DoesNotContain(false, await told.Task.WaitAsync(Patience, Ct));

        async void Begin()
        {
            var steps = new List<bool> { _loop.IsCurrent };
            await using var stream = await _loop.ConnectAsync(null, IPAddress.Loopback, Port, Ct);
            steps.Add(_loop.IsCurrent);
            await stream.WriteAsync(new byte[1], Ct);
            steps.Add(_loop.IsCurrent);
            await stream.ReadExactlyAsync(new byte[1], Ct);
            steps.Add(_loop.IsCurrent);
            told.SetResult([.. steps]);
        }
    }

    [Fact]
    public async Task Who_is_refused_or_reset_learns_of_it()
    {
        using (var nobody = new TcpListener(IPAddress.Loopback, 0))
        {
            nobody.Start();
            var port = ((IPEndPoint)nobody.LocalEndpoint).Port;
            nobody.Stop();
            var refused = await Assert.ThrowsAsync<LinuxException>(() => _loop.ConnectAsync(null, IPAddress.Loopback, port, Ct));
            Assert.Equal(("connect", Errno.ECONNREFUSED), (refused.Operation, refused.Errno));
        }

        await using var stream = await _loop.ConnectAsync(null, IPAddress.Loopback, Port, Ct);
        using (var server = await _listener.AcceptSocketAsync(Ct))
        {
            server.LingerState = new LingerOption(true, 0);
        }

        var reset = await Assert.ThrowsAsync<LinuxException>(() => stream.ReadAsync(new byte[1], Ct).AsTask().WaitAsync(Patience, Ct));
        Assert.Equal(("read", Errno.ECONNRESET), (reset.Operation, reset.Errno));
    }

    [Fact]
    public async Task Closing_resets_the_connection()
    {
        var stream = await _loop.ConnectAsync(null, IPAddress.Loopback, Port, Ct);
        using var server = await _listener.AcceptSocketAsync(Ct);
        await stream.DisposeAsync();
        var told = await Assert.ThrowsAsync<SocketException>(() => server.ReceiveAsync(new byte[1], Ct).AsTask().WaitAsync(Patience, Ct));
        Assert.Equal(SocketError.ConnectionReset, told.SocketErrorCode);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.ReadAsync(new byte[1], Ct).AsTask());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_gives_up_waits_no_longer_and_others_do(bool ownClock)
    {
        await using var stream = await _loop.ConnectAsync(null, IPAddress.Loopback, Port, Ct);
        await using var other = await _loop.ConnectAsync(null, IPAddress.Loopback, Port, Ct);
        using var first = await _listener.AcceptSocketAsync(Ct);
        using var second = await _listener.AcceptSocketAsync(Ct);
        using var enough = new CancellationTokenSource(TimeSpan.FromMilliseconds(20), ownClock ? _loop : TimeProvider.System);
        var waiting = other.ReadAsync(new byte[1], Ct);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stream.ReadAsync(new byte[1], enough.Token).AsTask().WaitAsync(Patience, Ct));
        await first.SendAsync(new byte[1], Ct);
        await second.SendAsync(new byte[1], Ct);
        Assert.Equal(1, await waiting.AsTask().WaitAsync(Patience, Ct));
        Assert.Equal(1, await stream.ReadAsync(new byte[1], Ct).AsTask().WaitAsync(Patience, Ct));
    }

    [Fact]
    public async Task Timers_are_called_in_order_on_the_thread_until_they_are_stopped()
    {
        var calls = new List<string>();
        var done = new TaskCompletionSource();
        var times = 0;
        await using var late = Timer(() => Called("late"));
        await using var never = Timer(() => Called("never"));
        ITimer? often = null;
        often = Timer(() =>
        {
            Called("often");
            if (++times == 3)
            {
                often!.Dispose();
                late.Change(TimeSpan.FromMilliseconds(40), Timeout.InfiniteTimeSpan);
            }
        });

        // On the thread itself, so that none is called between one step and the next.
        await using var begin = Timer(() =>
        {
            never.Change(TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
            never.Dispose();
            often.Change(TimeSpan.Zero, TimeSpan.FromMilliseconds(10));
        });
        begin.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        await done.Task.WaitAsync(Patience, Ct);
        Assert.Equal(["often", "often", "often", "late"], calls);

        ITimer Timer(Action called) => _loop.CreateTimer(_ => called(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        void Called(string name)
        {
            calls.Add(_loop.IsCurrent ? name : name + " elsewhere");
            if (name == "late")
            {
                done.SetResult();
            }
        }
    }

    [Fact]
    public async Task What_a_timer_hands_to_the_thread_is_not_forgotten()
    {
        using var nothing = Descriptor.Open("/dev/null", 0);
        var told = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var begin = _loop.CreateTimer(
            _ => told.SetResult(_loop.RunInsideAsync(nothing, () => 1)), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        var ran = await told.Task.WaitAsync(Patience, Ct);
        await Assert.ThrowsAsync<LinuxException>(() => ran.WaitAsync(Patience, Ct));
    }

    [Fact]
    public async Task Its_end_ends_what_waits()
    {
        var stream = await _loop.ConnectAsync(null, IPAddress.Loopback, Port, Ct);
        var waiting = stream.ReadAsync(new byte[1], Ct);
        _loop.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.AsTask().WaitAsync(Patience, Ct));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _loop.ConnectAsync(null, IPAddress.Loopback, Port, Ct).WaitAsync(Patience, Ct));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.ReadAsync(new byte[1], Ct).AsTask().WaitAsync(Patience, Ct));
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task Work_in_no_namespace_is_an_error_and_the_loop_goes_on()
    {
        using var nothing = Descriptor.Open("/dev/null", 0);
        await Assert.ThrowsAsync<LinuxException>(() => _loop.RunInsideAsync(nothing, () => 1));
        await Assert.ThrowsAsync<LinuxException>(() => _loop.ConnectAsync(nothing, IPAddress.Loopback, Port, Ct));
        await using var stream = await _loop.ConnectAsync(null, IPAddress.Loopback, Port, Ct);
    }

    [Fact]
    public async Task Thousands_of_connections_leave_no_descriptor_and_hold_up_no_other()
    {
        var before = Directory.GetFiles("/proc/self/fd").Length;
        var serving = Task.Run(
            async () =>
            {
                for (var i = 0; i < 2000; i++)
                {
                    using var server = await _listener.AcceptSocketAsync(Ct);
                    await server.SendAsync(new byte[1], Ct);
                }
            },
            Ct);
        await Parallel.ForAsync(0, 2000, new ParallelOptions { MaxDegreeOfParallelism = 50, CancellationToken = Ct }, async (_, ct) =>
        {
            await using var stream = await _loop.ConnectAsync(null, IPAddress.Loopback, Port, ct);
            await stream.ReadExactlyAsync(new byte[1], ct);
        });
        await serving;
        Assert.True(Directory.GetFiles("/proc/self/fd").Length < before + 100, "descriptors were left open");
    }
}
