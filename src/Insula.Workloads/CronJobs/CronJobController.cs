using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Selectors;
using Insula.Api.Workloads;
using Insula.Workloads.Jobs;
using Insula.Workloads.Pods;

namespace Insula.Workloads.CronJobs;

/// <summary>Makes Jobs at the times of a schedule: what a CronJob does, as a pure function.</summary>
public static class CronJobController
{
    private const string Resource = "jobs.batch";
    private const int ManyMissed = 100;

    /// <summary>What is to be done, and what there is to say.</summary>
    /// <param name="cron">What is wanted.</param>
    /// <param name="jobs">The Jobs that say they are its own.</param>
    /// <param name="now">The time.</param>
    public static WorkloadDecision Decide(CronJob cron, IEnumerable<Job> jobs, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(cron);
        var mine = jobs.ToList();
        var changes = new List<WorkloadChange>();
        var status = Look(cron, mine, changes);
        changes.AddRange(Forget(cron, mine));
        DateTimeOffset? later = null;
        if (cron.Metadata.DeletionTimestamp is null && cron.Spec.Suspend != true)
        {
            (status, later) = Schedule(cron, mine, status, changes, now);
        }

        return new(changes, ApiJson.ToJson(status), later);
    }

    private static CronJobStatus Look(CronJob cron, List<Job> mine, List<WorkloadChange> changes)
    {
        var running = mine.Where(j => !JobController.IsFinished(j)).ToList();
        foreach (var job in mine.Where(j => JobController.IsFinished(j) && cron.Status.Active.Any(a => a.Uid == j.Metadata.Uid)))
        {
            var end = job.Status.Conditions.First(c => c.Type is ConditionTypes.Complete or ConditionTypes.Failed && c.Status == ConditionStatuses.True).Type;
            changes.Add(new WorkloadChange.Tell(new(EventTypes.Normal, "SawCompletedJob", $"Saw completed job: {job.Metadata.Name}, condition: {end}")));
        }

        return cron.Status with
        {
            Active = [.. running.OrderBy(j => j.Metadata.Name, StringComparer.Ordinal).Select(Reference)],
            LastSuccessfulTime = mine.Select(j => j.Status.CompletionTime).Append(cron.Status.LastSuccessfulTime).Max(),
        };
    }

    private static ObjectReference Reference(Job job) => new()
    {
        ApiVersion = "batch/v1",
        Kind = "Job",
        Namespace = job.Metadata.Namespace,
        Name = job.Metadata.Name,
        Uid = job.Metadata.Uid,
    };

    /// <summary>Of the Jobs that have ended, those before the latest few.</summary>
    private static IEnumerable<WorkloadChange> Forget(CronJob cron, List<Job> mine)
    {
        return Old(ConditionTypes.Complete, cron.Spec.SuccessfulJobsHistoryLimit ?? 3).Concat(Old(ConditionTypes.Failed, cron.Spec.FailedJobsHistoryLimit ?? 1))
            .Select(j => new WorkloadChange.Delete(Resource, j.Metadata.Name, j.Metadata.Uid ?? ""));

        IEnumerable<Job> Old(string condition, int kept) => mine
            .Where(j => j.Metadata.DeletionTimestamp is null && Conditions.IsTrue(j.Status.Conditions, condition))
            .OrderByDescending(j => j.Status.StartTime ?? j.Metadata.CreationTimestamp).ThenBy(j => j.Metadata.Name, StringComparer.Ordinal).Skip(kept);
    }

    private static (CronJobStatus Status, DateTimeOffset? Later) Schedule(
        CronJob cron, List<Job> mine, CronJobStatus status, List<WorkloadChange> changes, DateTimeOffset now)
    {
        if (!CronSchedule.TryParse(cron.Spec.Schedule, out var schedule, out var complaint))
        {
            Tell(changes, EventTypes.Warning, "UnparseableSchedule", $"unparseable schedule: {cron.Spec.Schedule}: {complaint}");
            return (status, null);
        }

        var zone = TimeZoneInfo.Local;
        if (!string.IsNullOrEmpty(cron.Spec.TimeZone) && !TimeZoneInfo.TryFindSystemTimeZoneById(cron.Spec.TimeZone, out zone))
        {
            Tell(changes, EventTypes.Warning, "UnknownTimeZone", $"invalid timeZone: {cron.Spec.TimeZone}: unknown time zone");
            return (status, null);
        }

        var next = schedule.Next(now, zone);
        var since = cron.Status.LastScheduleTime ?? cron.Metadata.CreationTimestamp ?? now;
        if (cron.Spec.StartingDeadlineSeconds is { } seconds && now.AddSeconds(-seconds) > since)
        {
            since = now.AddSeconds(-seconds);
        }

        if (schedule.Latest(since, now, zone) is not { } due)
        {
            return (status, next);
        }

        var name = string.Create(CultureInfo.InvariantCulture, $"{cron.Metadata.Name}-{due.ToUnixTimeSeconds() / 60}");
        if (mine.Any(j => j.Metadata.Name == name))
        {
            // Made by a daemon that did not come to say so.
            return (status with { LastScheduleTime = due }, next);
        }

        if (schedule.Count(since, now, zone, ManyMissed + 1) > ManyMissed)
        {
            Tell(changes, EventTypes.Warning, "TooManyMissedTimes", "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew");
        }

        if (status.Active.Count > 0 && cron.Spec.ConcurrencyPolicy == "Forbid")
        {
            Tell(changes, EventTypes.Normal, "JobAlreadyActive", "Not starting job because prior execution is running and concurrency policy is Forbid");
            return (status, next);
        }

        if (cron.Spec.ConcurrencyPolicy == "Replace")
        {
            changes.AddRange(status.Active.Select(a => new WorkloadChange.Delete(Resource, a.Name ?? "", a.Uid ?? "", new(EventTypes.Normal, "SuccessfulDelete", $"Deleted job {a.Name}"))));
        }

        changes.Add(new WorkloadChange.Create(Resource, Job(cron, name, due, zone), new(EventTypes.Normal, "SuccessfulCreate", "Created job {0}")) { MayExist = true });
        return (status with { LastScheduleTime = due }, next);
    }

    private static void Tell(List<WorkloadChange> changes, string type, string reason, string message) =>
        changes.Add(new WorkloadChange.Tell(new(type, reason, message)));

    private static JsonObject Job(CronJob cron, string name, DateTimeOffset due, TimeZoneInfo zone)
    {
        var owner = new PodOwner("batch/v1", "CronJob", cron.Metadata, LabelSelector.Everything);
        var template = ApiJson.ToJson(cron.Spec.JobTemplate.Metadata);
        var metadata = new JsonObject { ["name"] = name, ["ownerReferences"] = new JsonArray(ApiJson.ToJson(owner.Reference)) };
        foreach (var map in (ReadOnlySpan<string>)["labels", "annotations"])
        {
            if (template[map] is { } values)
            {
                metadata[map] = values.DeepClone();
            }
        }

        var document = new JsonObject { ["apiVersion"] = "batch/v1", ["kind"] = "Job", ["metadata"] = metadata, ["spec"] = cron.Spec.JobTemplate.Spec.DeepClone() };
        PodTemplate.Set(document, "annotations", WorkloadLabels.ScheduledTimestamp, TimeZoneInfo.ConvertTime(due, zone).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture).Replace("+00:00", "Z", StringComparison.Ordinal));
        return document;
    }
}
