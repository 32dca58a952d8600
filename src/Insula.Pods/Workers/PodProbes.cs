using System.Collections.Concurrent;
using Insula.Api.Core;
using Insula.Pods.Launch;
using Insula.Pods.Lifecycle;
using Insula.Pods.Probes;
using Insula.Pods.Stats;
using Insula.Sandbox;

namespace Insula.Pods.Workers;

/// <summary>Keeps one pod's probes on the schedule as its containers come and go. Used by the worker alone, but for what is said to be for others.</summary>
internal sealed class PodProbes(PodServices services, ContainerLauncher launcher, Action<PodFact> report)
{
    private readonly Dictionary<(string Container, ProbeKind Kind), ProbeEntry> _running = [];

    // Of all starts of a container: a restart is no reason to begin counting anew. Read by others.
    private readonly ConcurrentDictionary<(string Container, ProbeKind Kind), ProbeTally> _tallies = new();

    /// <summary>What each probe has found; may be read by any thread.</summary>
    public IReadOnlyList<ProbeTally> Tallies => [.. _tallies.Values];

    /// <summary>Puts on the schedule what the observation asks for, and takes off what it does not.</summary>
    public void Update(Pod pod, PodObservation seen, PodSandbox? sandbox, PodStateFile? state)
    {
        foreach (var ((container, kind), entry) in _running.ToList())
        {
            if (sandbox is null || !Wanted(pod, seen, container, kind) || entry.Key.Attempt != seen.Container(container).Attempt)
            {
                services.Probes.Schedule.Cancel(entry);
                _running.Remove((container, kind));
            }
        }

        if (sandbox is null || state is null)
        {
            return;
        }

        foreach (var container in All(pod))
        {
            foreach (var kind in (ProbeKind[])[ProbeKind.Startup, ProbeKind.Readiness, ProbeKind.Liveness])
            {
                if (Wanted(pod, seen, container.Name, kind) && !_running.ContainsKey((container.Name, kind)))
                {
                    Start(pod, container, kind, seen, sandbox, state);
                }
            }
        }
    }

    public void Stop()
    {
        foreach (var entry in _running.Values)
        {
            services.Probes.Schedule.Cancel(entry);
        }

        _running.Clear();
    }

    private void Start(Pod pod, Container container, ProbeKind kind, PodObservation seen, PodSandbox sandbox, PodStateFile state)
    {
        var probe = Of(container, kind)!;
        var observed = seen.Container(container.Name);
        var attempt = observed.Attempt;
        var times = ProbeTimes.Of(probe);
        var kept = state.Counter(container.Name, attempt, kind);
        var addresses = seen.Sandbox.Addresses;
        var age = services.Clock.GetUtcNow() - (observed.StartedAt ?? services.Clock.GetUtcNow());
        var wait = times.InitialDelay - age;

        // A probe that was under way before the daemon's restart goes on in its rhythm instead of beginning anew.
        var first = kept is not null ? times.Period : wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
        var entry = new ProbeEntry
        {
            Key = new ProbeKey(pod.Metadata.Uid ?? "", container.Name, attempt, kind),
            Times = times,
            FirstIn = first,
            StartsProcesses = probe.Exec is not null,
            Counter = kept ?? Begun(kind, observed),
            Probe = services.Probes.Bind(
                probe,
                container,
                addresses.Count > 0 ? addresses[0] : "127.0.0.1",
                pod.Spec.HostNetwork ? null : sandbox.NetworkNamespace,
                sandbox,
                command => launcher.Exec(pod, container, attempt, sandbox, addresses, command)),
            Tally = _tallies.GetOrAdd((container.Name, kind), key => new ProbeTally(key.Container, key.Kind)),
            Report = (done, result, changed) => Report(pod, state, done, result, changed),
        };
        _running[(container.Name, kind)] = entry;
        services.Probes.Schedule.Add(entry);
    }

    // Where nothing was kept, the verdict that is shown is where the counting begins.
    private static ProbeCounter Begun(ProbeKind kind, ContainerObservation observed)
    {
        var initial = ProbeCounter.Initial(kind);
        return kind == ProbeKind.Readiness && observed.Readiness == ProbeVerdict.Success ? initial with { Verdict = ProbeVerdict.Success } : initial;
    }

    private void Report(Pod pod, PodStateFile state, ProbeEntry entry, ProbeResult result, bool changed)
    {
        state.Keep(entry.Key.Container, entry.Key.Attempt, entry.Kind, entry.Counter);
        if (!result.Ok)
        {
            services.Events.Warning(pod, entry.Key.Container, "Unhealthy", $"{entry.Kind} probe failed: {result.Message}");
        }

        if (changed)
        {
            report(new PodFact.ProbeChanged(entry.Key.Container, entry.Key.Attempt, entry.Kind, entry.Counter.Verdict));
        }
    }

    // Liveness and readiness wait for the startup probe; nothing is probed that is being stopped.
    private static bool Wanted(Pod pod, PodObservation seen, string name, ProbeKind kind)
    {
        var container = All(pod).FirstOrDefault(c => c.Name == name);
        var observed = seen.Container(name);
        if (container is null || Of(container, kind) is null || observed.Stage != ContainerStage.Running || PodShape.IsHooked(container, observed))
        {
            return false;
        }

        var started = PodShape.HasStarted(container, observed);
        return kind == ProbeKind.Startup
            ? observed.Startup == ProbeVerdict.Unknown
            : started && pod.Metadata.DeletionTimestamp is null;
    }

    // Ordinary init containers have no probes; sidecars do.
    private static IEnumerable<Container> All(Pod pod) => pod.Spec.InitContainers.Where(PodShape.IsSidecar).Concat(pod.Spec.Containers);

    private static Probe? Of(Container container, ProbeKind kind) => kind switch
    {
        ProbeKind.Startup => container.StartupProbe,
        ProbeKind.Readiness => container.ReadinessProbe,
        _ => container.LivenessProbe,
    };
}
