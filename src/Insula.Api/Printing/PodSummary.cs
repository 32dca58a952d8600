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
    /// <summary>The summary of a pod.</summary>
    public static PodSummary Of(Pod pod)
    {
        var status = string.IsNullOrEmpty(pod.Status.Reason) ? pod.Status.Phase ?? PodPhases.Pending : pod.Status.Reason;
        int ready = 0, restarts = 0;
        DateTimeOffset? last = null;
        var initializing = Initializing(pod, ref status);
        var running = false;
        if (!initializing)
        {
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
                status = IsReady(pod) ? "Running" : "NotReady";
            }
        }

        if (pod.Metadata.DeletionTimestamp is not null && pod.Status.Phase is not (PodPhases.Succeeded or PodPhases.Failed))
        {
            status = "Terminating";
        }

        return new(ready, pod.Spec.Containers.Count, status, restarts, last);
    }

    /// <summary>The restarts with how long ago the last one was: <c>3 (5m ago)</c>.</summary>
    public string RestartsText(DateTimeOffset now) => Restarts > 0 && LastRestart is { } last
        ? string.Create(CultureInfo.InvariantCulture, $"{Restarts} ({HumanDuration.Format(now - last)} ago)")
        : Restarts.ToString(CultureInfo.InvariantCulture);

    private static bool Initializing(Pod pod, ref string status)
    {
        var total = pod.Spec.InitContainers.Count;
        for (var i = 0; i < pod.Status.InitContainerStatuses.Count; i++)
        {
            var container = pod.Status.InitContainerStatuses[i];
            if (container.State.Terminated is { ExitCode: 0 })
            {
                continue;
            }

            status = container.State switch
            {
                { Terminated: { } ended } => "Init:" + Ended(ended),
                { Waiting.Reason: { Length: > 0 } reason and not "PodInitializing" } => "Init:" + reason,
                _ => string.Create(CultureInfo.InvariantCulture, $"Init:{i}/{total}"),
            };
            return true;
        }

        return false;
    }

    private static string Ended(ContainerStateTerminated ended) => ended switch
    {
        { Reason: { Length: > 0 } reason } => reason,
        { Signal: > 0 and var signal } => string.Create(CultureInfo.InvariantCulture, $"Signal:{signal}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"ExitCode:{ended.ExitCode}"),
    };

    private static bool IsReady(Pod pod) =>
        pod.Status.Conditions.Any(c => c is { Type: PodConditionTypes.Ready, Status: ConditionStatuses.True });

    private static DateTimeOffset? Later(DateTimeOffset? left, DateTimeOffset? right) => left is null || right > left ? right : left;
}
