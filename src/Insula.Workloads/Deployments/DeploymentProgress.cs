using Insula.Api.Core;
using Insula.Api.Workloads;

namespace Insula.Workloads.Deployments;

/// <summary>The conditions of a Deployment: whether enough pods are available, and whether its update goes on.</summary>
internal static class DeploymentProgress
{
    private const string NewReplicaSetAvailable = "NewReplicaSetAvailable";
    private const string DeadlineExceeded = "ProgressDeadlineExceeded";
    private const string Paused = "DeploymentPaused";

    public static bool IsComplete(Deployment deployment, DeploymentStatus status)
    {
        var wanted = deployment.Spec.Replicas ?? 1;
        return (status.UpdatedReplicas ?? 0) == wanted && (status.Replicas ?? 0) == wanted && (status.AvailableReplicas ?? 0) == wanted;
    }

    public static IReadOnlyList<WorkloadCondition> Available(DeploymentTurn turn, DeploymentStatus status, IReadOnlyList<WorkloadCondition> conditions)
    {
        var enough = (status.AvailableReplicas ?? 0) >= turn.Wanted - turn.Unavailable;
        return Conditions.Set(conditions, enough
            ? New(turn, ConditionTypes.Available, ConditionStatuses.True, "MinimumReplicasAvailable", "Deployment has minimum availability.")
            : New(turn, ConditionTypes.Available, ConditionStatuses.False, "MinimumReplicasUnavailable", "Deployment does not have minimum availability."));
    }

    public static IReadOnlyList<WorkloadCondition> Created(DeploymentTurn turn, string set) =>
        Conditions.Set(turn.Conditions, Progressing(turn, ConditionStatuses.True, "NewReplicaSetCreated", $"Created new replica set \"{set}\""));

    public static IReadOnlyList<WorkloadCondition> Found(DeploymentTurn turn, ReplicaSet set) =>
        Conditions.Set(turn.Conditions, Progressing(turn, ConditionStatuses.True, "FoundNewReplicaSet", $"Found new replica set \"{set.Metadata.Name}\""));

    public static IReadOnlyList<WorkloadCondition> Pause(DeploymentTurn turn)
    {
        var present = Conditions.Find(turn.Conditions, ConditionTypes.Progressing);
        if (!turn.HasDeadline || present?.Reason == DeadlineExceeded)
        {
            return turn.Conditions;
        }

        return (turn.Deployment.Spec.Paused == true, present?.Reason == Paused) switch
        {
            (true, false) => Conditions.Set(turn.Conditions, Progressing(turn, ConditionStatuses.Unknown, Paused, "Deployment is paused")),
            (false, true) => Conditions.Set(turn.Conditions, Progressing(turn, ConditionStatuses.Unknown, "DeploymentResumed", "Deployment is resumed")),
            _ => turn.Conditions,
        };
    }

    /// <summary>Progressing and ReplicaFailure after a step of a rollout, and when the deadline is to be looked at.</summary>
    public static (IReadOnlyList<WorkloadCondition> Conditions, DateTimeOffset? Later) Judge(DeploymentTurn turn, DeploymentStatus status)
    {
        var conditions = turn.HasDeadline ? turn.Conditions : Conditions.Remove(turn.Conditions, ConditionTypes.Progressing);
        var present = Conditions.Find(conditions, ConditionTypes.Progressing);
        var rests = (status.Replicas ?? 0) == (status.UpdatedReplicas ?? 0) && present?.Reason == NewReplicaSetAvailable;
        if (turn.HasDeadline && !rests)
        {
            conditions = Step(turn, status, conditions, present);
        }

        var failure = (turn.New is null ? turn.Old : [turn.New, .. turn.Old])
            .Select(s => Conditions.Find(s.Status.Conditions, ConditionTypes.ReplicaFailure)).FirstOrDefault(c => c?.Status == ConditionStatuses.True);
        conditions = failure is null
            ? Conditions.Remove(conditions, ConditionTypes.ReplicaFailure)
            : Conditions.Set(conditions, failure with { LastUpdateTime = turn.Now });

        var current = Conditions.Find(conditions, ConditionTypes.Progressing);
        var deadline = turn.HasDeadline && current is { Reason: not (NewReplicaSetAvailable or DeadlineExceeded) } && !IsComplete(turn.Deployment, status) ? Deadline(turn, current) : null;
        return (conditions, deadline);
    }

    private static IReadOnlyList<WorkloadCondition> Step(
        DeploymentTurn turn, DeploymentStatus status, IReadOnlyList<WorkloadCondition> conditions, WorkloadCondition? present)
    {
        var name = turn.New is null ? $"Deployment \"{turn.Deployment.Metadata.Name}\"" : $"ReplicaSet \"{turn.New.Metadata.Name}\"";
        if (IsComplete(turn.Deployment, status))
        {
            return Conditions.Set(conditions, Progressing(turn, ConditionStatuses.True, NewReplicaSetAvailable, $"{name} has successfully progressed."));
        }

        if (HasProgressed(turn.Deployment.Status, status))
        {
            // Each step counts anew towards the deadline.
            var next = Progressing(turn, ConditionStatuses.True, "ReplicaSetUpdated", $"{name} is progressing.");
            return Conditions.Replace(conditions, present?.Status == ConditionStatuses.True ? next with { LastTransitionTime = present.LastTransitionTime } : next);
        }

        return present is { Reason: not NewReplicaSetAvailable } && (present.Reason == DeadlineExceeded || Deadline(turn, present) <= turn.Now)
            ? Conditions.Set(conditions, Progressing(turn, ConditionStatuses.False, DeadlineExceeded, $"{name} has timed out progressing."))
            : conditions;
    }

    private static bool HasProgressed(DeploymentStatus before, DeploymentStatus now) =>
        (now.UpdatedReplicas ?? 0) > (before.UpdatedReplicas ?? 0)
        || (now.Replicas ?? 0) - (now.UpdatedReplicas ?? 0) < (before.Replicas ?? 0) - (before.UpdatedReplicas ?? 0)
        || (now.ReadyReplicas ?? 0) > (before.ReadyReplicas ?? 0)
        || (now.AvailableReplicas ?? 0) > (before.AvailableReplicas ?? 0);

    // Times are kept to the second: one more, so that none is cut short.
    private static DateTimeOffset? Deadline(DeploymentTurn turn, WorkloadCondition condition) =>
        (condition.LastUpdateTime ?? turn.Now).AddSeconds((double)turn.Deployment.Spec.ProgressDeadlineSeconds! + 1);

    private static WorkloadCondition Progressing(DeploymentTurn turn, string status, string reason, string message) =>
        New(turn, ConditionTypes.Progressing, status, reason, message);

    private static WorkloadCondition New(DeploymentTurn turn, string type, string status, string reason, string message) =>
        new() { Type = type, Status = status, Reason = reason, Message = message, LastUpdateTime = turn.Now, LastTransitionTime = turn.Now };
}
