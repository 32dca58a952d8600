using System.Globalization;
using Insula.Linux;
using Insula.Linux.Processes;
using Insula.Linux.Sockets;
using Insula.Sandbox.Shim;

namespace Insula.Sandbox.Lifecycle;

/// <summary>
/// The small process that shims are cloned from, straight into their cgroups: what that costs the kernel grows with the process that is cloned, and
/// libc can start none in a cgroup2 group. It is started when the first shim is wanted, anew when it has ended, and ends with the daemon.
/// </summary>
internal sealed class ForkServer(SandboxContext context, Descriptor program) : IAsyncDisposable
{
    private readonly SemaphoreSlim _starting = new(1, 1);
    private Running? _running;
    private bool _isClosed;

    /// <summary>Starts a shim, which is this daemon's child.</summary>
    /// <param name="id">The sandbox.</param>
    /// <param name="listener">What the shim listens on.</param>
    /// <param name="group">The cgroup2 directory it is born in.</param>
    /// <returns>Its process number.</returns>
    /// <exception cref="LaunchException">The kernel refused it.</exception>
    /// <exception cref="SandboxException">The server has ended, or does not answer and was ended.</exception>
    public async Task<int> ForkAsync(string id, Descriptor listener, Descriptor group)
    {
        var server = await EnsureAsync().ConfigureAwait(false);
        try
        {
            using var answer = await server.Client.CallAsync(
                $"sandbox '{id}'", ["shim"], [listener, group], context.Options.LaunchTimeout, CancellationToken.None).ConfigureAwait(false);
            return answer.Words is [var pid] ? ShimMessage.Int(pid) : throw ShimMessage.Malformed(answer.Words);
        }
        catch (LaunchException)
        {
            throw;
        }
        catch (SandboxException)
        {
            // One that is stopped or broken is not asked again.
            server.End();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _starting.WaitAsync().ConfigureAwait(false);
        _isClosed = true;
        _starting.Release();
        if (_running is { } server)
        {
            await server.DisposeAsync().ConfigureAwait(false);
        }

        _starting.Dispose();
    }

    private async Task<Running> EnsureAsync()
    {
        if (Volatile.Read(ref _running) is { HasEnded: false } running)
        {
            return running;
        }

        await _starting.WaitAsync().ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            if (_running is { HasEnded: false } other)
            {
                return other;
            }

            if (_running is { } ended)
            {
                await ended.DisposeAsync().ConfigureAwait(false);
                SandboxLog.ForkServerEnded(context.Log);
            }

            var started = Running.Start(context, program);
            Volatile.Write(ref _running, started);
            return started;
        }
        finally
        {
            _starting.Release();
        }
    }

    private sealed class Running : IAsyncDisposable
    {
        private const int Kill = 9;
        private readonly SandboxContext _context;
        private readonly ChildProcess _process;
        private readonly Task _reaping;
        private int _ended;

        private Running(SandboxContext context, ChildProcess process, SeqPacketSocket socket)
        {
            _context = context;
            _process = process;
            _reaping = ReapAsync();
            Client = new ShimClient(socket, context.Events, context.Time, context.Log, _ => { }, _ => Interlocked.Exchange(ref _ended, 1));
        }

        public ShimClient Client { get; }

        public bool HasEnded => Volatile.Read(ref _ended) != 0;

        public static Running Start(SandboxContext context, Descriptor program)
        {
            var (ours, theirs) = SeqPacketSocket.Pair();
            using (theirs)
            {
                try
                {
                    var process = Spawn.Start(new SpawnRequest
                    {
                        Executable = program,
                        Arguments = ["insula-forks", "fork-server"],
                        Descriptors = [null, null, null, theirs.Descriptor],
                        NewSession = true,
                    });
                    return new Running(context, process, ours);
                }
                catch
                {
                    ours.Dispose();
                    throw;
                }
            }
        }

        public void End()
        {
            Interlocked.Exchange(ref _ended, 1);
            if (!_reaping.IsCompleted)
            {
                _process.PidFd.Signal(Kill);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await Client.DisposeAsync().ConfigureAwait(false);
            try
            {
                // It ends when its socket closes; one that is stopped does not.
                await _reaping.WaitAsync(_context.Options.RequestTimeout, _context.Time).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                _process.PidFd.Signal(Kill);
                await _reaping.ConfigureAwait(false);
            }

            _process.Dispose();
        }

        private async Task ReapAsync()
        {
            try
            {
                await _process.WaitAsync(_context.Events, CancellationToken.None).ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                // The daemon ends.
                SandboxLog.ForkServerUnwatched(_context.Log);
            }
        }
    }
}
