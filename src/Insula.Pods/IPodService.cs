using System.Net.Sockets;
using Insula.Pods.Eviction;
using Insula.Pods.Stats;
using Insula.Pods.Streaming;
using Insula.Pods.Timing;

namespace Insula.Pods;

/// <summary>What the API asks of running pods. Everything else passes through the store.</summary>
public interface IPodService
{
    /// <summary>Runs a command in a running container.</summary>
    /// <exception cref="PodRequestException">There is no such pod or container, it is not running, or the command does not start; says which.</exception>
    Task<PodSession> ExecAsync(PodExecRequest request, CancellationToken cancellationToken);

    /// <summary>Takes part in the streams of a running container.</summary>
    /// <exception cref="PodRequestException">There is no such pod or container, it is not running, or has no such stream; says which.</exception>
    Task<PodSession> AttachAsync(PodAttachRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Copies files: a program of the daemon's, run in the container with its root, user, rights and limits, writes them to its output or reads
    /// them from its input, in the form of native/copy. The exit code is 0, 1 when something was left out, 2 when the input was none.
    /// </summary>
    /// <exception cref="PodRequestException">There is no such pod or container, it is not running, or it was started by a daemon that could not copy.</exception>
    Task<PodSession> CopyAsync(PodCopyRequest request, CancellationToken cancellationToken);

    /// <summary>Connects to a TCP port of a running pod, from inside its network namespace: its loopback, or its address.</summary>
    /// <exception cref="PodRequestException">There is no such pod, it is not running, or nobody listens there; says which.</exception>
    Task<Socket> ConnectAsync(PodConnectRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// The log files of one start of a container, or null when it has not been started (or, for <paramref name="previous"/>,
    /// was never restarted).
    /// </summary>
    /// <param name="uid">The pod's uid.</param>
    /// <param name="container">The container's name; init containers are included.</param>
    /// <param name="previous">The start before the current one instead of the current one.</param>
    PodLogFiles? LogFiles(string uid, string container, bool previous);

    /// <summary>What pods use, in the order asked for; those that have no worker are left out.</summary>
    /// <param name="uids">The pods' uids.</param>
    /// <param name="window">How long to watch for the speed at which CPU time is used; zero for counters alone, at once.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task<IReadOnlyList<PodStats>> ReadStatsAsync(IReadOnlyList<string> uids, TimeSpan window, CancellationToken cancellationToken);

    /// <summary>The steps of the pod's latest start, and of each container's, as far as this daemon did them.</summary>
    /// <param name="uid">The pod's uid.</param>
    IReadOnlyList<TimedStep> Timings(string uid);

    /// <summary>How long each step of all pods' starts has taken, since the daemon began.</summary>
    IReadOnlyDictionary<string, LatencyHistogram> StepLatencies { get; }

    /// <summary>How many pods were evicted, since the daemon began.</summary>
    EvictionTally Evictions { get; }

    /// <summary>Tells the workers that images were loaded or removed, so that pods waiting for one go on at once.</summary>
    void ImagesChanged();

    /// <summary>Names of the persistent volumes that pods have.</summary>
    IReadOnlySet<string> VolumesInUse();

    /// <summary>Told when a pod has let go of persistent volumes.</summary>
    event Action? VolumesChanged;

    /// <summary>Config digests (<c>sha256:…</c>) of the images that containers of existing pods were started from.</summary>
    IReadOnlySet<string> ImagesInUse();

    /// <summary>The same, and those that existing pods are going to use: of containers that wait, and of pods that are not over.</summary>
    IReadOnlySet<string> ImagesWanted();
}
