using System.Threading.Channels;
using Insula.Linux;
using Insula.Linux.Processes;
using Insula.Linux.Sockets;
using Insula.Sandbox.Attach;
using Insula.Sandbox.Containers;
using Insula.Sandbox.Exec;
using Insula.Sandbox.Lifecycle;
using Insula.Sandbox.Shim;

namespace Insula.Sandbox;

/// <summary>A living sandbox: the connection to its shim and what is known of its containers. All members may be called
/// from any thread.</summary>
public sealed partial class PodSandbox : IAsyncDisposable
{
    // Every exit belongs to a container somebody started and not yet removed, so this many are never waiting.
    private const int EventCapacity = 4096;

    private readonly SandboxContext _context;
    private readonly SandboxRecord _record;
    private readonly ShimClient _client;
    private readonly ContainerTable _containers = new();
    private readonly ExecRegistry _execs = new();
    private readonly ContainerRunner _runner;
    private readonly ExecRunner _execRunner;
    private readonly AttachRunner _attachRunner;
    private readonly Channel<SandboxEvent> _events = Channel.CreateBounded<SandboxEvent>(
        new BoundedChannelOptions(EventCapacity) { SingleReader = true });

    private readonly CancellationTokenSource _closing = new();
    private PidFd? _shim;
    private Descriptor? _network;
    private Descriptor? _mounts;
    private Task _watch = Task.CompletedTask;
    private int _lost;
    private int _disposed;

    private PodSandbox(string id, SandboxContext context, SandboxRecord record, SeqPacketSocket socket)
    {
        Id = id;
        _context = context;
        _record = record;
        _client = new ShimClient(socket, context.Events, context.Time, context.Log, OnMessage, OnLost);
        _runner = new ContainerRunner(id, context, record, _client, _containers);
        _execRunner = new ExecRunner(context, record, _client, _execs);
        _attachRunner = new AttachRunner(context, _client, _containers);
    }

    /// <summary>The sandbox's id.</summary>
    public string Id { get; }

    /// <summary>The shim's process id.</summary>
    public int ShimPid => _shim?.Pid ?? throw new InvalidOperationException("the sandbox is not connected");

    /// <summary>The ids of the pod's user namespace; null when it is the host's.</summary>
    public UserIdRange? UserIds => _record.UserIds;

    /// <summary>The pod's network namespace; the sandbox's own descriptor, do not dispose.</summary>
    public Descriptor NetworkNamespace => _network ?? throw new InvalidOperationException("the sandbox is not connected");

    /// <summary>The containers the shim holds, running or ended and not yet removed: a snapshot, kept up to date.</summary>
    public IReadOnlyList<ContainerState> Containers => _containers.Snapshot();

    /// <summary>What happens unasked, in order. After an adoption it begins with the exits nobody has removed yet. An exit
    /// may arrive before <see cref="StartAsync"/> of the same container returns. Completes after
    /// <see cref="SandboxEvent.ShimDied"/> or when the sandbox is let go.</summary>
    public ChannelReader<SandboxEvent> Events => _events.Reader;

    internal PidFd? Shim => _shim;

    internal bool IsLost => Volatile.Read(ref _lost) != 0;

    /// <summary>Starts a container; when this returns its program has been exec'd.</summary>
    /// <param name="spec">What to start. Descriptors in it stay the caller's.</param>
    /// <param name="ct">Gives up waiting; the container is then ended and removed.</param>
    /// <exception cref="LaunchException">A step failed; nothing of the container remains.</exception>
    /// <exception cref="SandboxException">The id is taken, or the shim does not answer.</exception>
    public Task<StartedContainer> StartAsync(ContainerSpec spec, CancellationToken ct) => _runner.StartAsync(spec, ct);

    /// <summary>Sends a signal to a container's first process.</summary>
    /// <param name="containerId">The container.</param>
    /// <param name="signal">The kernel's signal number.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="SandboxException">The container is not running.</exception>
    public Task SignalAsync(string containerId, int signal, CancellationToken ct) => _runner.SignalAsync(containerId, signal, ct);

    /// <summary>Ends every process of a container at once. The exit arrives as an event. A shim that keeps the exit to
    /// itself and answers nothing either, hung or stopped, is ended too: its death is the event then.</summary>
    /// <param name="containerId">The container.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="SandboxException">Processes are stuck; the message names them.</exception>
    public async Task KillAsync(string containerId, CancellationToken ct)
    {
        await _runner.KillAsync(containerId, ct).ConfigureAwait(false);
        try
        {
            await _containers.WhenEnded(containerId).WaitAsync(_context.Options.RequestTimeout, _context.Time, ct).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await EndHungShimAsync(ct).ConfigureAwait(false);
        }
        catch (SandboxException) when (IsLost)
        {
            // The shim's death has been told already.
        }
    }

    /// <summary>Forgets an ended container and removes its cgroup and its writable layer. A running one is ended first. Idempotent.</summary>
    /// <param name="containerId">The container.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="SandboxException">Something is stuck; the message says what.</exception>
    public Task RemoveAsync(string containerId, CancellationToken ct) => _runner.RemoveAsync(containerId, ct);

    /// <summary>Runs a command in a running container with streams to this process.</summary>
    /// <param name="spec">What to run.</param>
    /// <param name="ct">Gives up waiting for the start.</param>
    /// <exception cref="LaunchException">A step failed, for example there is no such program.</exception>
    public Task<ExecSession> ExecAsync(ExecSpec spec, CancellationToken ct) => _execRunner.StartAsync(spec, merged: false, ct);

    /// <summary>Takes part in the streams of a running container.</summary>
    /// <param name="containerId">The container.</param>
    /// <param name="output">Whether its standard output, or what its terminal shows, is wanted.</param>
    /// <param name="error">Whether its standard error is wanted.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="LaunchException">It does not run, or its shim is of a version that cannot do that (<c>EOPNOTSUPP</c>).</exception>
    public Task<ContainerAttachment> AttachAsync(string containerId, bool output, bool error, CancellationToken ct) =>
        _attachRunner.StartAsync(containerId, output, error, ct);

    /// <summary>Runs a command without standard input to its end, keeping the first bytes of its output. On the timeout
    /// its whole tree is ended before this returns.</summary>
    /// <param name="spec">What to run; its stream choices are ignored.</param>
    /// <param name="timeout">How long it may run.</param>
    /// <param name="maximumOutputBytes">How much of the output, standard output and error together, is kept; the rest is read and dropped.</param>
    /// <param name="ct">Ends the command early.</param>
    /// <exception cref="LaunchException">A step failed, for example there is no such program.</exception>
    public Task<ExecOutcome> RunAsync(ExecSpec spec, TimeSpan timeout, int maximumOutputBytes, CancellationToken ct) =>
        _execRunner.RunAsync(spec, timeout, maximumOutputBytes, ct);

    /// <summary>Lets go of the shim without ending anything.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        Interlocked.Exchange(ref _lost, 1);
        await _closing.CancelAsync().ConfigureAwait(false);
        await _client.DisposeAsync().ConfigureAwait(false);
        await _watch.ConfigureAwait(false);
        Finish("the sandbox was let go");
        _events.Writer.TryComplete();
        _shim?.Dispose();
        _network?.Dispose();
        _mounts?.Dispose();
        _closing.Dispose();
    }
}
