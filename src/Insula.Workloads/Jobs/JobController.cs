using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Selectors;
using Insula.Api.Workloads;
using Insula.Workloads.Pods;

namespace Insula.Workloads.Jobs;

/// <summary>Has pods run until enough have succeeded or too many have failed: what a Job does, as a pure function.</summary>
public static class JobController
{
    private const string LimitExceeded = "BackoffLimitExceeded";

    /// <summary>What is to be done, and what there is to say.</summary>
    /// <param name="job">What is wanted.</param>
    /// <param name="pods">The pods that say they are its own, and those of its namespace that nobody manages.</param>
    /// <param name="failure">That the last attempt to make one was refused; null when it was not.</param>
    /// <param name="now">The time.</param>
    public static WorkloadDecision Decide(Job job, IEnumerable<WorkloadPod> pods, CreateFailure? failure, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(job);
        var selector = job.Spec.Selector is { } given && (given.MatchLabels.Count > 0 || given.MatchExpressions.Count > 0) ? given.ToSelector() : null;
        if (selector is null)
        {
            return new([], null);
        }

        var owner = new PodOwner("batch/v1", "Job", job.Metadata, selector);
        var (mine, claims) = Claims.Of(owner, pods);
        if (claims.Count > 0)
        {
            return new(claims, null);
        }

        if (owner.IsDeleted)
        {
            // Nobody counts them any more.
            return new([.. Tracked(mine).Select(JobCount.Release)], null);
        }

        return IsFinished(job) ? Finished(job, mine, now) : Run(job, owner, mine, failure, now);
    }

    /// <summary>Whether a Job is complete or has failed.</summary>
    public static bool IsFinished(Job job)
    {
        ArgumentNullException.ThrowIfNull(job);
        return Conditions.IsTrue(job.Status.Conditions, ConditionTypes.Complete) || Conditions.IsTrue(job.Status.Conditions, ConditionTypes.Failed);
    }

    /// <summary>Whether a condition says how a Job will end.</summary>
    internal static bool IsTarget(WorkloadCondition condition) =>
        condition.Type is ConditionTypes.SuccessCriteriaMet or ConditionTypes.FailureTarget && condition.Status == ConditionStatuses.True;

    private static IEnumerable<WorkloadPod> Tracked(IEnumerable<WorkloadPod> pods) => pods.Where(p => p.Finalizers.Contains(WorkloadLabels.JobTracking));

    private static WorkloadDecision Finished(Job job, IReadOnlyList<WorkloadPod> pods, DateTimeOffset now)
    {
        List<WorkloadChange> changes = [.. Tracked(pods).Select(JobCount.Release)];
        if (job.Spec.TtlSecondsAfterFinished is not { } seconds)
        {
            return new(changes, null);
        }

        var end = job.Status.Conditions.Where(c => c.Type is ConditionTypes.Complete or ConditionTypes.Failed && c.Status == ConditionStatuses.True)
            .Select(c => c.LastTransitionTime).Max() ?? now;
        if (end.AddSeconds(seconds) <= now)
        {
            changes.Add(new WorkloadChange.Delete("jobs.batch", job.Metadata.Name, job.Metadata.Uid ?? ""));
            return new(changes, null);
        }

        return new(changes, null, end.AddSeconds(seconds));
    }

    private static WorkloadDecision Run(Job job, PodOwner owner, IReadOnlyList<WorkloadPod> pods, CreateFailure? failure, DateTimeOffset now)
    {
        var count = new JobCount(job, pods);
        var (conditions, start, changes) = Suspend(job, now);
        conditions = Judge(job, count, pods, conditions, start, now);
        var active = pods.Where(p => p.IsActive).ToList();
        DateTimeOffset? later = null;
        changes.AddRange(count.Releases);
        var target = conditions.FirstOrDefault(IsTarget);
        DateTimeOffset? completed = null;
        if (target is not null || job.Spec.Suspend == true)
        {
            // Those of a Job that fails have failed with it; of one that is complete or suspended, they are not wanted any more.
            changes.AddRange(active.Select(p => target?.Type == ConditionTypes.FailureTarget ? JobPods.Delete(p) : JobPods.Drop(p)));
            if (target is not null && count.IsDone && pods.All(p => p.IsFinished))
            {
                (conditions, completed) = Finish(target, conditions, now, changes);
            }
        }
        else
        {
            var (balance, next) = JobPods.Balance(job, owner, count, pods, failure, now);
            changes.AddRange(balance);
            later = Soonest.Of(next, start is not null && job.Spec.ActiveDeadlineSeconds is { } seconds ? start.Value.AddSeconds(seconds) : null);
        }

        var status = count.Into(job.Status) with
        {
            StartTime = start,
            CompletionTime = completed,
            Conditions = conditions,
            Active = Counts.OrNone(active.Count),
            Ready = Counts.OrNone(active.Count(p => p.IsReady)),
            Terminating = Counts.OrNone(pods.Count(p => p is { IsDeleted: true, IsFinished: false })),
        };
        return new(changes, ApiJson.ToJson(status), later);
    }

    /// <summary>The condition Suspended and the time of the start, which is anew when it goes on.</summary>
    private static (IReadOnlyList<WorkloadCondition> Conditions, DateTimeOffset? Start, List<WorkloadChange> Changes) Suspend(Job job, DateTimeOffset now)
    {
        var conditions = job.Status.Conditions;
        var start = job.Status.StartTime;
        var present = Conditions.Find(conditions, ConditionTypes.Suspended);
        var changes = new List<WorkloadChange>();
        if (job.Spec.Suspend == true)
        {
            if (present?.Status != ConditionStatuses.True)
            {
                conditions = Conditions.Set(conditions, New(ConditionTypes.Suspended, ConditionStatuses.True, "JobSuspended", "Job suspended", now));
                changes.Add(new WorkloadChange.Tell(new(EventTypes.Normal, "Suspended", "Job suspended")));
            }

            return (conditions, start, changes);
        }

        if (present?.Status == ConditionStatuses.True)
        {
            conditions = Conditions.Set(conditions, New(ConditionTypes.Suspended, ConditionStatuses.False, "JobResumed", "Job resumed", now));
            changes.Add(new WorkloadChange.Tell(new(EventTypes.Normal, "Resumed", "Job resumed")));
            start = now;
        }

        return (conditions, start ?? now, changes);
    }

    /// <summary>Whether it is decided how the Job ends.</summary>
    private static IReadOnlyList<WorkloadCondition> Judge(
        Job job, JobCount count, IReadOnlyList<WorkloadPod> pods, IReadOnlyList<WorkloadCondition> conditions, DateTimeOffset? start, DateTimeOffset now)
    {
        if (conditions.Any(IsTarget))
        {
            return conditions;
        }

        var limit = job.Spec.BackoffLimit ?? 6;
        if (count.Fatal is { } fatal)
        {
            return Fail("PodFailurePolicy", fatal);
        }

        if (count.Failed > limit || RestartsExceed(job, pods, limit))
        {
            return Fail(LimitExceeded, "Job has reached the specified backoff limit");
        }

        if (job.Spec.Suspend != true && job.Spec.ActiveDeadlineSeconds is { } seconds && start?.AddSeconds(seconds) <= now)
        {
            return Fail("DeadlineExceeded", "Job was active longer than specified deadline");
        }

        if (count.PerIndex is not null && count.FailedIndexes.Count > 0)
        {
            if (count.FailedIndexes.Count > job.Spec.MaxFailedIndexes)
            {
                return Fail("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes");
            }

            if (count.FailedIndexes.Count + count.Indexes.Count >= job.Spec.Completions)
            {
                return Fail("FailedIndexes", "Job has failed indexes");
            }
        }

        if (count.IsIndexed && SuccessRules.Met(job.Spec.SuccessPolicy, job.Spec.Completions ?? 0, count.Indexes) is { } met)
        {
            return Succeed("SuccessPolicy", met);
        }

        var enough = job.Spec.Completions is { } completions ? count.Succeeded >= completions : count.Succeeded > 0 && !pods.Any(p => p.IsActive);
        return enough && job.Spec.Suspend != true ? Succeed("CompletionsReached", "Reached expected number of succeeded pods") : conditions;

        IReadOnlyList<WorkloadCondition> Succeed(string reason, string message) =>
            Conditions.Set(conditions, New(ConditionTypes.SuccessCriteriaMet, ConditionStatuses.True, reason, message, now));

        IReadOnlyList<WorkloadCondition> Fail(string reason, string message) =>
            Conditions.Set(conditions, New(ConditionTypes.FailureTarget, ConditionStatuses.True, reason, message, now));
    }

    // Pods that start their containers anew fail without an end of their own.
    private static bool RestartsExceed(Job job, IReadOnlyList<WorkloadPod> pods, int limit)
    {
        if ((string?)(job.Spec.Template["spec"] as JsonObject)?["restartPolicy"] != RestartPolicies.OnFailure)
        {
            return false;
        }

        var restarts = pods.Where(p => p.IsActive).Sum(p => p.Restarts);
        return limit == 0 ? restarts > 0 : restarts >= limit;
    }

    private static (IReadOnlyList<WorkloadCondition> Conditions, DateTimeOffset? Completed) Finish(
        WorkloadCondition target, IReadOnlyList<WorkloadCondition> conditions, DateTimeOffset now, List<WorkloadChange> changes)
    {
        var complete = target.Type == ConditionTypes.SuccessCriteriaMet;
        var type = complete ? ConditionTypes.Complete : ConditionTypes.Failed;
        changes.Add(new WorkloadChange.Tell(complete ? new(EventTypes.Normal, "Completed", "Job completed") : new(EventTypes.Warning, target.Reason ?? "", target.Message ?? "")));
        return (Conditions.Set(conditions, New(type, ConditionStatuses.True, target.Reason ?? "", target.Message ?? "", now)), complete ? now : null);
    }

    private static WorkloadCondition New(string type, string status, string reason, string message, DateTimeOffset now) =>
        new() { Type = type, Status = status, Reason = reason, Message = message, LastProbeTime = now, LastTransitionTime = now };
}
