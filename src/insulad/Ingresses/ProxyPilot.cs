using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using Insula.Ingresses.Runtime;
using Microsoft.Extensions.Logging;

namespace Insulad.Ingresses;

/// <summary>
/// Leads the HAProxy of one pod to what should be: pods that come and go by commands, another configuration by having it loaded. It holds nothing that HAProxy does not tell, but when it
/// may be asked again. One that does not answer keeps nobody but its own pilot waiting.
/// </summary>
internal sealed partial class ProxyPilot : IAsyncDisposable
{
    // How long the files of a Secret take to be in the pod, and HAProxy to be at work with them.
    private static readonly TimeSpan s_settling = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(1);

    // How long HAProxy may take to load a configuration; longer, it has refused it.
    private static readonly TimeSpan s_loading = TimeSpan.FromSeconds(10);

    private readonly string _pod;
    private readonly ProxyLink _link;
    private readonly TimeProvider _time;
    private readonly Action _changed;
    private readonly ILogger _logger;
    private readonly Channel<ProxyGoal> _goals = Channel.CreateBounded<ProxyGoal>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly CancellationTokenSource _end = new();
    private readonly Task _running;

    private string? _wanted;
    private volatile string? _reached;
    private volatile bool _refused;
    private volatile bool _isEnding;
    private volatile IReadOnlyDictionary<string, int> _places = new Dictionary<string, int>();
    private TimeSpan _delay = s_first;
    private string? _asked;
    private DateTimeOffset _askedAt;

    /// <summary>Begins; there is something to do with the first goal.</summary>
    /// <param name="pod">The pod's name.</param>
    /// <param name="link">The way to it.</param>
    /// <param name="time">The time.</param>
    /// <param name="changed">Told when anything that is seen here has changed; from any thread.</param>
    /// <param name="logger">Where to log.</param>
    public ProxyPilot(string pod, ProxyLink link, TimeProvider time, Action changed, ILogger logger)
    {
        (_pod, _link, _time, _changed, _logger) = (pod, link, time, changed, logger);
        _running = Task.Run(RunAsync);
    }

    /// <summary>Whether it is as it was last wanted to be.</summary>
    public bool HasReached => _wanted is not null && _reached == _wanted;

    /// <summary>Whether it does not take the configuration that it was last given.</summary>
    public bool Refused => _refused;

    /// <summary>How many places each backend has; none as long as it has not answered.</summary>
    public IReadOnlyDictionary<string, int> Places => _places;

    /// <summary>Says where to. By one caller at a time; fails with what ended it, if something unforeseen did.</summary>
    /// <param name="goal">What it should be.</param>
    /// <param name="isEnding">Whether the pod is about to end: it serves the configuration that it has to its end.</param>
    public void Steer(ProxyGoal goal, bool isEnding)
    {
        if (_running.Exception is { } unforeseen)
        {
            ExceptionDispatchInfo.Throw(unforeseen.InnerException!);
        }

        _isEnding = isEnding;
        if (_wanted != goal.Key)
        {
            _wanted = goal.Key;
            _ = _goals.Writer.TryWrite(goal);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task RunAsync()
    {
        var ct = _end.Token;
        try
        {
            var goal = await _goals.Reader.ReadAsync(ct);
            while (true)
            {
                if (await NextAsync(await StepAsync(goal, ct), ct) is { } next)
                {
                    (goal, _delay) = (next, s_first);
                }
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Nobody wants it any more.
        }
        catch
        {
            // Who steers next meets it.
            _changed();
            throw;
        }
    }

    /// <summary>Another goal, or null when it is time to go on with the one there is.</summary>
    private async Task<ProxyGoal?> NextAsync(TimeSpan? wait, CancellationToken ct)
    {
        if (wait is not { } time)
        {
            return await _goals.Reader.ReadAsync(ct);
        }

        using var timer = new CancellationTokenSource(time, _time);
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(ct, timer.Token);
        try
        {
            return await _goals.Reader.ReadAsync(waiting.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Does the next step.</summary>
    /// <returns>How long to wait with the one after it; null when there is none.</returns>
    private async Task<TimeSpan?> StepAsync(ProxyGoal goal, CancellationToken ct)
    {
        _reached = null;
        var state = await ReadAsync(ct);
        if (state is null)
        {
            return Later();
        }

        var commands = SlotPlan.Commands(goal.Backends, state.Slots);
        if (commands.Count > 0)
        {
            await _link.LeadAsync(_pod, commands, ct);
            Failpoint.Hit("ingress.proxy.led");
            state = await ReadAsync(ct);
            if (state is null || SlotPlan.Commands(goal.Backends, state.Slots).Count > 0)
            {
                return Later();
            }
        }

        if (state.Digest != goal.Digest)
        {
            return _isEnding ? null : await LoadAsync(goal, state.Worker, ct);
        }

        if (!state.Ready)
        {
            await _link.NoteReadyAsync(_pod, ct);
            Failpoint.Hit("ingress.proxy.told-ready");
            return TimeSpan.Zero; // and seen to be so
        }

        (_reached, _refused) = (goal.Key, false);
        LogReached(_pod, goal.Digest, goal.Backends.Sum(b => b.Endpoints.Count));
        _changed();
        return null;
    }

    private async Task<ProxyState?> ReadAsync(CancellationToken ct)
    {
        var state = await _link.ReadAsync(_pod, ct);
        _places = state?.Places ?? _places;
        return state;
    }

    private async Task<TimeSpan?> LoadAsync(ProxyGoal goal, string worker, CancellationToken ct)
    {
        var now = _time.GetUtcNow();
        if (now < goal.Written + s_settling)
        {
            return goal.Written + s_settling - now;
        }

        // As long as the one who was asked is the one who answers, the next one is still beginning, or was refused.
        if (_asked == worker && now < _askedAt + s_loading)
        {
            return Later();
        }

        if (_asked == worker)
        {
            LogRefused(_pod, goal.Digest);
            if (!_refused)
            {
                _refused = true;
                _changed();
            }
        }

        (_asked, _askedAt, _delay) = (worker, now, s_first);
        await _link.LoadAsync(_pod, ct);
        Failpoint.Hit("ingress.proxy.loading");
        return Later();
    }

    private TimeSpan Later()
    {
        var delay = _delay;
        _delay = _delay * 2 < s_longest ? _delay * 2 : s_longest;
        return delay;
    }

    [LoggerMessage(1, LogLevel.Debug, "{Pod} serves configuration {Digest} with {Pods} places of pods")]
    private partial void LogReached(string pod, string digest, int pods);

    [LoggerMessage(2, LogLevel.Warning, "{Pod} does not take configuration {Digest}, and serves the one before; it is asked again (`insula logs -n insula-system POD` has what HAProxy says)")]
    private partial void LogRefused(string pod, string digest);
}
