using System.Collections.Concurrent;
using System.Net.Sockets;
using Insula.Pods;
using Insula.Pods.Eviction;
using Insula.Pods.Stats;
using Insula.Pods.Streaming;
using Insula.Pods.Timing;

namespace Insulad.Tests;

/// <summary>Pods that run nothing: logs are files of the test's, exec is a script of the test's, and so are the counters.</summary>
internal sealed class FakePods : IPodService
{
    public ConcurrentDictionary<(string Uid, string Container, bool Previous), PodLogFiles> Logs { get; } = new();

    public Func<PodExecRequest, FakeExec> Exec { get; set; } = _ => throw new PodRequestException("BadRequest", "the container is not running");

    /// <summary>What each pod uses, by uid and window.</summary>
    public ConcurrentDictionary<(string Uid, TimeSpan Window), PodStats> Stats { get; } = new();

    public Task<PodSession> ExecAsync(PodExecRequest request, CancellationToken cancellationToken) => Task.FromResult<PodSession>(Exec(request));

    /// <summary>What is attached to; a script of the test's.</summary>
    public Func<PodAttachRequest, FakeExec> Attach { get; set; } = _ => throw new PodRequestException("BadRequest", "the container is not running");

    public Task<PodSession> AttachAsync(PodAttachRequest request, CancellationToken cancellationToken) => Task.FromResult<PodSession>(Attach(request));

    /// <summary>What a port of a pod leads to.</summary>
    public Func<PodConnectRequest, Socket> Connect { get; set; } = _ => throw new PodRequestException("BadRequest", "the pod is not running");

    public Task<Socket> ConnectAsync(PodConnectRequest request, CancellationToken cancellationToken) => Task.FromResult(Connect(request));

    /// <summary>What copies; a script of the test's.</summary>
    public Func<PodCopyRequest, FakeExec> Copy { get; set; } = _ => throw new PodRequestException("BadRequest", "the container is not running");

    public Task<PodSession> CopyAsync(PodCopyRequest request, CancellationToken cancellationToken) => Task.FromResult<PodSession>(Copy(request));

    public PodLogFiles? LogFiles(string uid, string container, bool previous) => Logs.GetValueOrDefault((uid, container, previous));

    public Task<IReadOnlyList<PodStats>> ReadStatsAsync(IReadOnlyList<string> uids, TimeSpan window, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<PodStats>>([.. uids.Select(uid => Stats.GetValueOrDefault((uid, window))).OfType<PodStats>()]);

    /// <summary>How long the steps of each pod took, by uid.</summary>
    public ConcurrentDictionary<string, IReadOnlyList<TimedStep>> Steps { get; } = new();

    public IReadOnlyList<TimedStep> Timings(string uid) => Steps.GetValueOrDefault(uid, []);

    /// <summary>How long steps have taken.</summary>
    public Dictionary<string, LatencyHistogram> Latencies { get; } = [];

    public IReadOnlyDictionary<string, LatencyHistogram> StepLatencies => Latencies;

    public EvictionTally Evictions { get; } = new();

    public void ImagesChanged()
    {
    }

    public IReadOnlySet<string> VolumesInUse() => new HashSet<string>();

    public event Action? VolumesChanged
    {
        add { }
        remove { }
    }

    public IReadOnlySet<string> ImagesInUse() => new HashSet<string>();

    public IReadOnlySet<string> ImagesWanted() => new HashSet<string>();
}
