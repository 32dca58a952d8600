using System.Threading.Channels;
using Insula.Api.Core;
using Insula.Linux;
using Insula.Pods.Claims;
using Insula.Pods.Configs;
using Insula.Pods.Images;
using Insula.Pods.Launch;
using Insula.Pods.Lifecycle;
using Insula.Pods.Probes;
using Insula.Pods.Scheduling;
using Insula.Pods.Stats;
using Insula.Pods.Streaming;
using Insula.Sandbox;
using Insula.Store;
using Microsoft.Extensions.Logging;

namespace Insula.Pods.Workers;

/// <summary>
/// One pod's worker: a mailbox with a single reader. What arrives changes the observation; then the decision function
/// is asked until it has nothing more to order; then the status is written, if it changed. Actions run beside the
/// mailbox and end in a message, so that a slow one never keeps the pod from hearing of a deletion.
/// </summary>
internal sealed partial class PodWorker : IAsyncDisposable
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(5);

    private readonly PodServices _services;
    private readonly ObjectKey _key;
    private readonly PodPlaces _places;
    private readonly ContainerLauncher _launcher;
    private readonly PodActions _actions;
    private readonly PodPulls _pulls;
    private readonly PodProbes _probes;
    private readonly ILogger _logger;
    private readonly Channel<Message> _mailbox = Channel.CreateUnbounded<Message>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ITimer _timer;
    private readonly ITimer? _measuring;
    private readonly WallClock _wallClock;
    private readonly PodStatusRecord _status;
    private readonly ContainerEnds _ends = new();
    private readonly List<string> _retired = [];
    private readonly HashSet<(string Name, int Attempt)> _signalled = [];
    private IReadOnlySet<(string Resource, string Name)> _named;
    private readonly CancellationTokenSource _stopping = new();
    private bool _isGrantUnwritten;
    private Amounts? _held;
    private volatile Snapshot _now;
    private PodStateFile? _state;
    private int _measures;
    private int _refreshes;
    private int _references;
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;

    public PodWorker(PodServices services, ObjectKey key, Pod pod)
    {
        _services = services;
        _key = key;
        _places = new PodPlaces(services.Options, pod.Metadata.Uid ?? throw new ArgumentException("a stored pod has a uid", nameof(pod)));
        _launcher = new ContainerLauncher(services, _places);
        _pulls = new PodPulls(services);
        _actions = new PodActions(services, _places, _launcher, _pulls);
        _probes = new PodProbes(services, _launcher, fact => Post(new Message.Happened(fact)));
        _logger = services.Loggers.CreateLogger<PodWorker>();
        _wallClock = new WallClock(services.Clock);
        _timer = services.Clock.CreateTimer(_ => Post(new Message.Tick()), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (StorageUse.IsLimited(pod))
        {
            var period = services.Options.VolumeCheckPeriod;
            _measuring = services.Clock.CreateTimer(_ => Measure(), null, period, period);
        }

        _named = PodReferences.Of(pod);
        _status = new PodStatusRecord(services.Store, key, pod, _logger);
        _now = new Snapshot(Located(pod), PodObservation.Empty, null);
    }

    /// <summary>The pod's uid.</summary>
    public string Uid => _places.Uid;

    /// <summary>The pod as this worker sees it now.</summary>
    public Snapshot Current => _now;

    public PodPlaces Places => _places;

    public ContainerLauncher Launcher => _launcher;

    public PodSockets Sockets => _services.Probes.Sockets;

    /// <summary>What the pod's probes have found.</summary>
    public IReadOnlyList<ProbeTally> ProbeTallies => _probes.Tallies;

    /// <summary>Completes when a start of a container has ended.</summary>
    public Task Ended(string container, int attempt) => _ends.Of(container, attempt, _now.Seen);

    /// <summary>The log of a start of a container; null when there is none.</summary>
    public PodLogFiles? LogFiles(string container, int attempt) =>
        (_places.Directory, PodPlaces.LogPath(container, attempt)) is var (directory, current) && LogRotation.Any(directory, current)
            ? new PodLogFiles(attempt, directory, current, Ended(container, attempt))
            : null;

    /// <summary>Begins to work.</summary>
    public void Start()
    {
        Post(new Message.Tick());
        _running = Task.Run(RunAsync);
    }

    /// <summary>Begins only to end the pod's processes and its sandbox; completes when nothing of them is left.</summary>
    /// <param name="limit">The longest grace a container is given.</param>
    public Task Drain(TimeSpan limit)
    {
        Post(new Message.Happened(new PodFact.Drained(limit)));
        _running = Task.Run(RunAsync);
        return _drained.Task;
    }

    /// <summary>Hands over a new version of the object.</summary>
    public void Changed(StoredObject stored) => Post(new Message.Changed(stored));

    /// <summary>A ConfigMap, Secret or claim has appeared, changed or gone; null when any may have.</summary>
    public void ReferenceChanged(ObjectKey? key)
    {
        if (key is { } secret && secret.Resource == ConfigSource.Secrets && secret.Namespace == _key.Namespace && _now.Pod.Spec.ImagePullSecrets.Any(s => s.Name == secret.Name))
        {
            ImagesChanged();
        }

        if (_named.Count > 0 && (key is not { } one || (one.Namespace == _key.Namespace && _named.Contains((one.Resource, one.Name)))))
        {
            Post(new Message.Happened(new PodFact.ReferencesChanged()));
        }
    }

    /// <summary>A pod has let go of persistent volumes: somebody who waits to have one alone may try again.</summary>
    public void VolumesReleased()
    {
        if (_named.Any(n => n.Resource == ClaimedVolumes.Claims) && _now.Seen.Sandbox.Stage == SandboxStage.CreateFailed)
        {
            Post(new Message.Happened(new PodFact.ReferencesChanged()));
        }
    }

    /// <summary>Whether the machine has room for the pod, as the scheduler tells.</summary>
    public void Scheduled(PodFact fact) => Post(new Message.Happened(fact));

    /// <summary>Completes when the pod has ended and holds nothing but files, or is gone.</summary>
    public Task Over => _over.Task;

    /// <summary>Has the pod be evicted: ends it when that is on the disk.</summary>
    /// <param name="signal">What it is for, by a kubelet's name.</param>
    /// <param name="message">Why, for people.</param>
    /// <param name="grace">How long it has at most; null for no longer than for a hard threshold.</param>
    /// <param name="ct">Gives up.</param>
    public Task EvictAsync(string signal, string message, TimeSpan? grace, CancellationToken ct) => _services.Evictions.GiveAsync(_key, Uid, signal, message, grace, ct);

    /// <summary>Has it end at once, if it is evicted within a grace of its own.</summary>
    public Task HurryAsync(CancellationToken ct) => _services.Evictions.HurryAsync(_key, Uid, ct);

    /// <summary>What the pod keeps on the disk: in all, and each container.</summary>
    public async Task<(long Used, IReadOnlyList<(string Name, long Used)> Containers)> ReadStorageAsync(CancellationToken ct)
    {
        try
        {
            var (volumes, containers) = await _actions.ReadStorageAsync(_now.Pod, ct);
            return (volumes.Sum(v => v.UsedBytes) + containers.Values.Sum(), [.. containers.Select(c => (c.Key, c.Value))]);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            // Not made yet, or gone.
            return (0, []);
        }
    }

    /// <summary>Removes from the disk what nobody will write again.</summary>
    public Task CollectAsync(CancellationToken ct)
    {
        var now = _now;
        return _actions.CollectAsync(now.Pod, now.Seen.Containers.ToDictionary(c => c.Key, c => c.Value.Attempt), _over.Task.IsCompleted, ct);
    }

    public void ImagesChanged() => Post(new Message.Happened(new PodFact.ImagesChanged()));

    /// <summary>Ends the worker, not the pod.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _mailbox.Writer.TryComplete();
        await _running;
        await _timer.DisposeAsync();
        if (_measuring is not null)
        {
            await _measuring.DisposeAsync();
        }

        _probes.Stop();
        if (_now.Sandbox is { } sandbox)
        {
            await sandbox.DisposeAsync();
        }

        _state?.Dispose();
        _ends.CompleteAll();
        _over.TrySetResult();
        _stopping.Dispose();
    }

    private void Post(Message message) => _mailbox.Writer.TryWrite(message);

    private async Task RunAsync()
    {
        while (await _mailbox.Reader.WaitToReadAsync())
        {
            try
            {
                FollowClock();
                while (_mailbox.Reader.TryRead(out var message))
                {
                    Take(message);
                }

                await TurnAsync();
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // A fault in one pod's handling must leave the others alone; it is looked at again after a while.
                LogFault(_logger, _key.Namespace, _key.Name, e);
                _timer.Change(RetryDelay, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private async Task TurnAsync()
    {
        PodDecision decision;
        List<PodAction> ordered;
        do
        {
            decision = PodLifecycle.Decide(_now.Pod, _now.Seen, _wallClock.Now, _services.Rules);
            ordered = [.. decision.Actions.Where(action => !Waits(action))];
            foreach (var action in ordered)
            {
                _now = _now with { Seen = PodReducer.Begin(_now.Seen, action) };

                // Before the first deed of a stop: its grace runs from here, whichever daemon ends it. And before the first of a restart of all containers, and
                // the first start after it: whichever daemon goes on with it does neither forget it nor do it twice.
                if (action is PodAction.StopContainer or PodAction.RestartAll or PodAction.BeginAnew)
                {
                    KeepState();
                }

                Execute(action);
            }
        }
        while (ordered.Count > 0);

        Tell(_now.Pod, decision.Status);
        _now = _now with { Pod = _now.Pod with { Status = decision.Status } };
        if (decision.Status.Phase is PodPhases.Succeeded or PodPhases.Failed)
        {
            _services.Scheduler.Remove(Uid);
            if (_now.Seen.IsIdle)
            {
                _over.TrySetResult();
            }
        }
        else if (_now.Pod.Metadata.DeletionTimestamp is not null)
        {
            _services.Scheduler.Leave(Uid);
        }

        TellHeld();
        var alive = _now.Seen.Sandbox.Stage == SandboxStage.Ready ? _now.Sandbox : null;
        _probes.Update(_now.Pod, _now.Seen, alive, _state);
        KeepState();
        _state?.Keep(decision.Status.Conditions);
        Failpoint.Hit("pods.status.kept");

        // What an exit told must be written before the shim forgets it, and outlive a power cut soon after; the rest may follow a moment later.
        var isAwaited = _retired.Count > 0 || decision.Actions.Any(a => !Forgets(a) && Waits(a));
        var durability = isAwaited ? Durability.Prompt : Durability.Coalesced;
        var isStored = _now.Seen.Cleanup == CleanupStage.Removing || await _status.WriteAsync(decision.Status, durability, _stopping.Token);
        Failpoint.Hit("pods.status.written");
        if (isStored)
        {
            if (decision.Actions.Any(Forgets))
            {
                // The sandbox takes all it knew of exits with it, and may do so now.
                _retired.Clear();
            }

            Retire(alive);
            _isGrantUnwritten = false;
            if (decision.Actions.Count > 0)
            {
                Post(new Message.Tick());
            }
        }

        if (_now.Seen is { Draining: not null, IsIdle: true })
        {
            _drained.TrySetResult();
        }

        var wait = decision.WakeAt - _wallClock.Now;
        if (!isStored && (wait is null || wait > RetryDelay))
        {
            wait = RetryDelay;
        }

        _timer.Change(wait is null ? Timeout.InfiniteTimeSpan : wait.Value > TimeSpan.Zero ? wait.Value : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private Pod Located(Pod pod)
    {
        var hosts = _services.Network.HostAddresses.Select(a => a.ToString()).ToList();
        return pod with
        {
            Status = pod.Status with
            {
                HostIP = hosts.Count > 0 ? hosts[0] : null,
                HostIPs = [.. hosts.Select(h => new HostIP { Ip = h })],
            },
        };
    }

    private PodStateFile OpenState(Pod pod, int attempt) => PodStateFile.Open(
        Path.Combine(_places.SandboxRunDirectory(attempt), "probes"),
        [.. pod.Spec.All().Select(c => c.Name)]);

    [LoggerMessage(Level = LogLevel.Error, Message = "pod {Namespace}/{Pod}: handling failed unexpectedly; it is tried again")]
    private static partial void LogFault(ILogger logger, string @namespace, string pod, Exception exception);

    [LoggerMessage(Level = LogLevel.Debug, Message = "pod {Namespace}/{Pod}: the machine's clock was set by {By}; delays and graces go on as if it had not been")]
    private static partial void LogJump(ILogger logger, string @namespace, string pod, TimeSpan by);

    [LoggerMessage(Level = LogLevel.Warning, Message = "pod {Namespace}/{Pod}: could not {What}")]
    private static partial void LogAction(ILogger logger, string @namespace, string pod, string what, Exception exception);

    /// <summary>What is known at one instant; replaced as a whole, so that other threads may read it.</summary>
    internal sealed record Snapshot(Pod Pod, PodObservation Seen, PodSandbox? Sandbox);

    private abstract record Message
    {
        public sealed record Changed(StoredObject Stored) : Message;

        public sealed record Happened(PodFact Fact, PodSandbox? Made = null) : Message;

        public sealed record Signalled(string Name, int Attempt) : Message;

        public sealed record Tick : Message;
    }
}
