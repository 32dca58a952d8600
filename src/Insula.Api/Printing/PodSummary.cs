using System.Globalization;
using Insula.Api.Core;

namespace Insula.Api.Printing;

/// <summary>A pod in a line, as <c>kubectl get pods</c> computes it (printers' printPod).</summary>
/// <param name="Ready">Containers that are ready.</param>
/// <param name="Total">Containers in all.</param>
/// <param name="Status">Running, Completed, CrashLoopBackOff, Terminating, …</param>
/// <param name="Restarts">Restarts of all containers.</param>
/// <param name="LastRestart">When a container last ended before a restart.</param>
public sealed record PodSummary(int Ready, int Total, string Status, int Restarts, DateTimeOffset? LastRestart)
{
    private const string Evicted = "Evicted";

    /// <summary>The summary of a pod.</summary>
    public static PodSummary Of(Pod pod)
    {
        var status = string.IsNullOrEmpty(pod.Status.Reason) ? pod.Status.Phase ?? PodPhases.Pending : pod.Status.Reason;
        var sidecars = pod.Spec.InitContainers.Where(c => c.RestartPolicy == RestartPolicies.Always).Select(c => c.Name).ToHashSet();
        var (initializing, ready, restarts, last) = Initializing(pod, sidecars, ref status);
        var running = false;
        if (!initializing || IsTrue(pod, PodConditionTypes.Initialized))
        {
            // Initialization is past: what restarts now are sidecars and main containers.
            (restarts, last) = Restarted(pod.Status.InitContainerStatuses.Where(c => sidecars.Contains(c.Name)));

            // From the last to the first, so that the first container's reason is the one shown.
            foreach (var container in pod.Status.ContainerStatuses.Reverse())
            {
                restarts += container.RestartCount;
                last = Later(last, container.LastState.Terminated?.FinishedAt);
                if (container.State.Waiting is { Reason: { Length: > 0 } waiting })
                {
                    status = waiting;
                }
                else if (container.State.Terminated is { } ended)
                {
                    status = Ended(ended);
                }
                else if (container.Ready && container.State.Running is not null)
                {
                    running = true;
                    ready++;
                }
            }

            if (status == "Completed" && running)
            {
                status = IsTrue(pod, PodConditionTypes.Ready) ? "Running" : "NotReady";
            }
        }

        // Where kubectl shows how its last container ended, which says less.
        if (pod.Status is { Phase: PodPhases.Failed, Reason: Evicted })
        {
            status = Evicted;
        }

        if (pod.Metadata.DeletionTimestamp is not null && pod.Status.Phase is not (PodPhases.Succeeded or PodPhases.Failed))
        {
            status = "Terminating";
        }

        return new(ready, pod.Spec.Containers.Count + sidecars.Count, status, restarts, last);
    }

    /// <summary>The restarts with how long ago the last one was: <c>3 (5m ago)</c>.</summary>
    public string RestartsText(DateTimeOffset now) => Restarts > 0 && LastRestart is { } last
        ? string.Create(CultureInfo.InvariantCulture, $"{Restarts} ({HumanDuration.Format(now - last)} ago)")
        : Restarts.ToString(CultureInfo.InvariantCulture);

    // Up to the first init container that is neither done nor, as a sidecar, started.
    private static (bool Initializing, int Ready, int Restarts, DateTimeOffset? LastRestart) Initializing(Pod pod, HashSet<string> sidecars, ref string status)
    {
        var total = pod.Spec.InitContainers.Count;
        var ready = 0;
        for (var i = 0; i < pod.Status.InitContainerStatuses.Count; i++)
        {
            var container = pod.Status.InitContainerStatuses[i];
            if (container.State.Terminated is { ExitCode: 0 })
            {
                continue;
            }

            if (sidecars.Contains(container.Name) && container.Started == true)
            {
                ready += container.Ready ? 1 : 0;
                continue;
            }

            status = container.State switch
            {
                { Terminated: { } ended } => "Init:" + Ended(ended),
                { Waiting.Reason: { Length: > 0 } reason and not "PodInitializing" } => "Init:" + reason,
                _ => string.Create(CultureInfo.InvariantCulture, $"Init:{i}/{total}"),
            };
            var (restarts, last) = Restarted(pod.Status.InitContainerStatuses.Take(i + 1));
            return (true, ready, restarts, last);
        }

        return (false, ready, 0, null);
    }

    private static (int Restarts, DateTimeOffset? Last) Restarted(IEnumerable<ContainerStatus> containers)
    {
        var restarts = 0;
        DateTimeOffset? last = null;
        foreach (var container in containers)
        {
            restarts += container.RestartCount;
            last = Later(last, container.LastState.Terminated?.FinishedAt);
        }

        return (restarts, last);
    }

    private static string Ended(ContainerStateTerminated ended) => ended switch
    {
        { Reason: { Length: > 0 } reason } => reason,
        { Signal: > 0 and var signal } => string.Create(CultureInfo.InvariantCulture, $"Signal:{signal}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"ExitCode:{ended.ExitCode}"),
    };

    private static bool IsTrue(Pod pod, string type) => pod.Status.Conditions.Any(c => c.Type == type && c.Status == ConditionStatuses.True);

    private static DateTimeOffset? Later(DateTimeOffset? left, DateTimeOffset? right) => left is null || right > left ? right : left;
}
