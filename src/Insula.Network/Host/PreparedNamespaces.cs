using Insula.Linux;
using Microsoft.Extensions.Logging;

namespace Insula.Network.Host;

/// <summary>
/// A few empty network namespaces that wait for pods: making one is a tenth of what a pod's start asks of the kernel. Nothing but their
/// descriptors holds them, so they end with the daemon, however it ends.
/// </summary>
/// <param name="worker">Makes them, on its thread.</param>
/// <param name="size">How many wait; 0: each is made when it is asked for.</param>
/// <param name="quiet">How long nobody has taken one before those that are missing are made: a start is not held up by what the next one may need.</param>
/// <param name="logger">Where to log.</param>
internal sealed partial class PreparedNamespaces(NamespaceWorker worker, int size, TimeSpan quiet, ILogger logger) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Stack<Descriptor> _ready = new();
    private Timer? _filler;
    private Task _filling = Task.CompletedTask;
    private bool _isClosed;

    /// <summary>How many wait.</summary>
    public int Ready
    {
        get
        {
            lock (_lock)
            {
                return _ready.Count;
            }
        }
    }

    /// <summary>Begins to make them.</summary>
    public void Start()
    {
        if (size > 0)
        {
            lock (_lock)
            {
                _filler = new Timer(_ => Fill());
                _filler.Change(quiet, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>One that waits, or a new one; the caller's to dispose.</summary>
    /// <exception cref="LinuxException">The kernel refuses another one.</exception>
    public async Task<Descriptor> TakeAsync()
    {
        lock (_lock)
        {
            _filler?.Change(quiet, Timeout.InfiniteTimeSpan);
            if (_ready.TryPop(out var waiting))
            {
                return waiting;
            }
        }

        return await worker.RunAsync(worker.CreateNamespace).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Task filling;
        lock (_lock)
        {
            _isClosed = true;
            filling = _filling;
            _filler?.Dispose();
            _filler = null;
        }

        await filling.ConfigureAwait(false);
        while (_ready.TryPop(out var waiting))
        {
            waiting.Dispose();
        }
    }

    private void Fill()
    {
        lock (_lock)
        {
            if (!_isClosed && _filling.IsCompleted)
            {
                _filling = FillAsync();
            }
        }
    }

    private async Task FillAsync()
    {
        await Task.Yield();
        try
        {
            while (IsWanting())
            {
                Add(await worker.RunAsync(worker.CreateNamespace).ConfigureAwait(false));
            }
        }
        catch (LinuxException e)
        {
            // Who needs one is told by the kernel itself; it is tried again after the next was taken.
            LogNotPrepared(logger, e.Message);
        }
    }

    private bool IsWanting()
    {
        lock (_lock)
        {
            return !_isClosed && _ready.Count < size;
        }
    }

    private void Add(Descriptor made)
    {
        lock (_lock)
        {
            _ready.Push(made);
        }
    }

    [LoggerMessage(18, LogLevel.Warning, "No network namespace could be prepared for the next pod: {Reason}")]
    private static partial void LogNotPrepared(ILogger logger, string reason);
}
