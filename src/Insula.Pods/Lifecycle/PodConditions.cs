using System.Globalization;
using Insula.Api.Core;
using Insula.Pods.Resizing;

namespace Insula.Pods.Lifecycle;

/// <summary>The pod's conditions, as the kubelet reports them.</summary>
internal static class PodConditions
{
    private static readonly string[] Own =
    [
        PodConditionTypes.PodReadyToStartContainers, PodConditionTypes.Initialized, PodConditionTypes.Ready, PodConditionTypes.ContainersReady, PodConditionTypes.PodScheduled,
        PodConditionTypes.AllContainersRestarting, PodConditionTypes.PodResizePending, PodConditionTypes.PodResizeInProgress,
    ];

    // These are there only as long as they hold.
    private static readonly string[] Passing = [PodConditionTypes.PodResizePending, PodConditionTypes.PodResizeInProgress];

    /// <summary>Whether a condition is the daemon's; all others are somebody else's to set, and kept.</summary>
    public static bool IsOwn(string? type) => Own.Contains(type);

    public static IReadOnlyList<PodCondition> Build(
        Pod pod, PodShape shape, PodObservation seen, PodStatus status, bool initialized, bool allUnready, DateTimeOffset now)
    {
        var before = pod.Status.Conditions;
        var succeeded = status.Phase == PodPhases.Succeeded;
        var failed = status.Phase == PodPhases.Failed;
        var list = new List<PodCondition>
        {
            Of(PodConditionTypes.PodReadyToStartContainers, seen.Sandbox.Stage == SandboxStage.Ready, null, null),
            Initialized(),
            Gated(ContainersReady(PodConditionTypes.Ready)),
            ContainersReady(PodConditionTypes.ContainersReady),
            seen.Unplaced is { } why ? Of(PodConditionTypes.PodScheduled, false, Reasons.Unschedulable, why) : Of(PodConditionTypes.PodScheduled, true, null, null),
        };

        if (shape.MayRestartAll)
        {
            list.Add(
                succeeded || failed ? Of(PodConditionTypes.AllContainersRestarting, false, succeeded ? Reasons.PodCompleted : Reasons.PodFailed, null)
                : seen.Restart is { } restart ? Of(PodConditionTypes.AllContainersRestarting, true, Reasons.RestartAllContainersStarted, Asked(restart))
                : Of(PodConditionTypes.AllContainersRestarting, false, null, null));
        }

        if (!succeeded && !failed && seen.PendingResize is { } pending)
        {
            list.Add(Of(PodConditionTypes.PodResizePending, true, pending.Reason, pending.Message));
        }

        if (!succeeded && !failed && ResizePlan.IsUnderWay(pod.Spec, seen))
        {
            list.Add(Of(PodConditionTypes.PodResizeInProgress, true, seen.Sandbox.ResizeFailure is null ? null : PodResizeReasons.Error, seen.Sandbox.ResizeFailure?.Message));
        }

        // What others have set (readiness gates, disruption) stays.
        list.AddRange(before.Where(b => !Passing.Contains(b.Type) && list.All(c => c.Type != b.Type)));
        return list;

        PodCondition Initialized()
        {
            if (succeeded)
            {
                return Of(PodConditionTypes.Initialized, true, Reasons.PodCompleted, null);
            }

            // A pod whose containers begin anew is no pod that has to be initialized first: it is in the sandbox that it had (KEP-5532).
            if (initialized || (shape.MayRestartAll && seen.Sandbox.Stage == SandboxStage.Ready && before.Any(c => c is { Type: PodConditionTypes.Initialized, Status: ConditionStatuses.True })))
            {
                return Of(PodConditionTypes.Initialized, true, null, null);
            }

            var names = shape.Init.Where(c => !PodShape.InitDone(c, seen.Container(c.Name))).Select(c => c.Name);
            return Of(PodConditionTypes.Initialized, false, Reasons.ContainersNotInitialized, $"containers with incomplete status: [{string.Join(' ', names)}]");
        }

        string Asked(PodRestart restart) => seen.Container(restart.Container).Exit is { } exit
            ? string.Create(CultureInfo.InvariantCulture, $"Container {restart.Container} exited with code {exit.ExitCode}, for which its restartPolicyRules restart all containers")
            : $"Container {restart.Container} has exited";

        PodCondition ContainersReady(string type)
        {
            if (succeeded || failed)
            {
                return Of(type, false, succeeded ? Reasons.PodCompleted : Reasons.PodFailed, null);
            }

            var sidecars = shape.Init.Where(PodShape.IsSidecar);
            var unready = sidecars.Concat(shape.Main)
                .Where(c => allUnready || !PodShape.IsReady(c, seen.Container(c.Name), pod.Metadata.DeletionTimestamp is not null))
                .Select(c => c.Name)
                .ToList();
            return unready.Count == 0
                ? Of(type, true, null, null)
                : Of(type, false, Reasons.ContainersNotReady, $"containers with unready status: [{string.Join(' ', unready)}]");
        }

        PodCondition Gated(PodCondition ready)
        {
            var missing = ready.Status != ConditionStatuses.True ? [] : shape.Spec.ReadinessGates.Select(gate => before.FirstOrDefault(c => c.Type == gate.ConditionType) switch
            {
                null => $"corresponding condition of pod readiness gate \"{gate.ConditionType}\" does not exist.",
                { Status: ConditionStatuses.True } => null,
                var other => $"the status of pod readiness gate \"{gate.ConditionType}\" is not \"True\", but {other.Status}",
            }).OfType<string>().ToList();
            return missing.Count == 0 ? ready : Of(PodConditionTypes.Ready, false, Reasons.ReadinessGatesNotReady, string.Join(", ", missing));
        }

        PodCondition Of(string type, bool holds, string? reason, string? message)
        {
            var value = holds ? ConditionStatuses.True : ConditionStatuses.False;
            var old = before.FirstOrDefault(c => c.Type == type);
            return new PodCondition
            {
                Type = type,
                Status = value,
                Reason = reason,
                Message = message,
                ObservedGeneration = pod.Metadata.Generation,
                LastTransitionTime = old is not null && old.Status == value ? old.LastTransitionTime : now,
            };
        }
    }
}
