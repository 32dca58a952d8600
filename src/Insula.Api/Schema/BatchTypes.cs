using static Insula.Api.Schema.Define;

namespace Insula.Api.Schema;

/// <summary>The fields of Jobs and CronJobs (batch/v1).</summary>
internal static class BatchTypes
{
    public static ObjectType Job { get; } = new(
        "Job", "Pods that run to their end.",
        Text("apiVersion", "\"batch/v1\".").Required(),
        Text("kind", "\"Job\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows.").Required(),
        One("spec", () => JobSpec, "What is wanted.").Required(),
        One("status", () => JobStatus, "What is; written by the daemon, ignored in manifests.").ReadOnly());

    private static ObjectType JobSpec { get; } = new(
        "JobSpec", "What a Job should be.",
        Int("parallelism", "How many pods run at a time. Default 1."),
        Int("completions", "How many pods have to succeed. Not given with parallelism given: when one has succeeded, no other is started."),
        Text("completionMode", "Indexed: each pod has a number of its own, 0 to completions-1, in its name, its annotation batch.kubernetes.io/job-completion-index and its variable JOB_COMPLETION_INDEX. Default NonIndexed.").OneOf("NonIndexed", "Indexed"),
        Int("backoffLimit", "How many failures are borne. Default 6, with backoffLimitPerIndex any number. Between them 10 s pass, twice as long each time, at most 10 minutes."),
        Long("activeDeadlineSeconds", "Seconds after which it has failed, counted from status.startTime."),
        Int("ttlSecondsAfterFinished", "Seconds after its end when it is deleted. Not given: it stays."),
        Bool("suspend", "Whether it has no pods for now. Default false."),
        One("podFailurePolicy", () => PodFailurePolicy, "What certain failures mean. Only with restartPolicy Never."),
        Text("podReplacementPolicy", "When a pod is replaced: Failed, when it has ended; TerminatingOrFailed, when it begins to. Default TerminatingOrFailed, with a podFailurePolicy Failed.").OneOf("TerminatingOrFailed", "Failed"),
        One("selector", () => MetaTypes.LabelSelector, "Its pods; made by the daemon unless manualSelector is true."),
        Bool("manualSelector", "Whether selector and labels are given by hand. Default false."),
        One("template", () => WorkloadTypes.PodTemplateSpec, "What its pods are made from.").Required(),
        Int("backoffLimitPerIndex", "How many failures of each index are borne before it has failed and is left; the others go on. Each index has a back-off of its own. Only with completionMode Indexed."),
        Int("maxFailedIndexes", "How many indexes may fail before the Job does, at once. Not given: it fails when none is left to run. Only with backoffLimitPerIndex."),
        One("successPolicy", () => SuccessPolicy, "When some indexes are enough: what runs then is ended, and the Job is complete. Only with completionMode Indexed."),
        Text("managedBy", "Who sees to the Job.").Refused("the daemon sees to all Jobs", "kubernetes.io/job-controller"));

    private static ObjectType SuccessPolicy { get; } = new(
        "SuccessPolicy", "When some indexes of a Job are enough.",
        Many("rules", () => SuccessPolicyRule, "The first that is met ends the Job; at most 20.").Required());

    private static ObjectType SuccessPolicyRule { get; } = new(
        "SuccessPolicyRule", "Which indexes are enough.",
        Text("succeededIndexes", "Indexes that have to succeed, as 1,3-5: all of them, or succeededCount of them. Default all indexes."),
        Int("succeededCount", "How many have to succeed."));

    private static ObjectType PodFailurePolicy { get; } = new(
        "PodFailurePolicy", "What certain failures of pods mean.",
        Many("rules", () => PodFailurePolicyRule, "The first that fits decides; when none does, the failure counts.").Required());

    private static ObjectType PodFailurePolicyRule { get; } = new(
        "PodFailurePolicyRule", "What a certain failure means.",
        Text("action", "FailJob: the Job has failed. FailIndex: its index has, with backoffLimitPerIndex alone. Ignore: it does not count. Count: it counts.").Required().OneOf("FailJob", "FailIndex", "Ignore", "Count"),
        One("onExitCodes", () => PodFailurePolicyExitCodes, "Fits by exit codes of containers."),
        Many("onPodConditions", () => PodFailurePolicyCondition, "Fits by conditions of the pod."));

    private static ObjectType PodFailurePolicyExitCodes { get; } = new(
        "PodFailurePolicyExitCodes", "Fits by exit codes of containers that failed.",
        Text("containerName", "The container; all of them when not given."),
        Text("operator", "In: one of the values; NotIn: none of them.").Required().OneOf("In", "NotIn"),
        Ints("values", "Exit codes, in order.").Required());

    private static ObjectType PodFailurePolicyCondition { get; } = new(
        "PodFailurePolicyCondition", "Fits by a condition of the pod.",
        Text("type", "Type of the condition.").Required(),
        Text("status", "Its status. Default True."));

    private static ObjectType JobStatus { get; } = new(
        "JobStatus", "State of a Job.",
        Many("conditions", () => WorkloadTypes.WorkloadCondition, "Conditions.", "type"),
        Time("startTime", "When it was begun, or resumed."),
        Time("completionTime", "When it was complete."),
        Int("active", "Pods that run or will."),
        Int("ready", "Of them, those that are ready."),
        Int("terminating", "Pods that are ending."),
        Int("succeeded", "Pods that have succeeded."),
        Int("failed", "Pods that have failed."),
        Text("completedIndexes", "Indexes that have succeeded, as 1,3-5."),
        Text("failedIndexes", "Indexes that have failed, as 1,3-5; with backoffLimitPerIndex alone."),
        One("uncountedTerminatedPods", () => UncountedTerminatedPods, "Pods that have ended and are being counted."));

    private static ObjectType UncountedTerminatedPods { get; } = new(
        "UncountedTerminatedPods", "Pods that have ended and are being counted.",
        Texts("succeeded", "UIDs of those that have succeeded."),
        Texts("failed", "UIDs of those that have failed."));

    public static ObjectType CronJob { get; } = new(
        "CronJob", "Jobs made at times of a schedule.",
        Text("apiVersion", "\"batch/v1\".").Required(),
        Text("kind", "\"CronJob\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows.").Required(),
        One("spec", () => CronJobSpec, "What is wanted.").Required(),
        One("status", () => CronJobStatus, "What is; written by the daemon, ignored in manifests.").ReadOnly());

    private static ObjectType CronJobSpec { get; } = new(
        "CronJobSpec", "What a CronJob should be.",
        Text("schedule", "Minute, hour, day of the month, month, day of the week, as crontab(5) has them; or @hourly, @daily, @weekly, @monthly, @yearly.").Required(),
        Text("timeZone", "The zone of the schedule, as Europe/Berlin. Default the daemon's."),
        Long("startingDeadlineSeconds", "How late a Job may still be made. Not given: however late, the latest time missed alone."),
        Text("concurrencyPolicy", "Forbid: none while one runs; Replace: the one that runs is deleted. Default Allow.").OneOf("Allow", "Forbid", "Replace"),
        Bool("suspend", "Whether no more Jobs are made. Default false."),
        One("jobTemplate", () => JobTemplateSpec, "What the Jobs are made from.").Required(),
        Int("successfulJobsHistoryLimit", "How many complete Jobs are kept. Default 3."),
        Int("failedJobsHistoryLimit", "How many failed Jobs are kept. Default 1."));

    private static ObjectType JobTemplateSpec { get; } = new(
        "JobTemplateSpec", "What Jobs are made from.",
        One("metadata", () => MetaTypes.ObjectMeta, "Labels and annotations of the Jobs."),
        One("spec", () => JobSpec, "What the Jobs should be.").Required());

    private static ObjectType CronJobStatus { get; } = new(
        "CronJobStatus", "State of a CronJob.",
        Many("active", () => OtherTypes.ObjectReference, "Jobs that run."),
        Time("lastScheduleTime", "When the latest Job was due."),
        Time("lastSuccessfulTime", "When a Job was complete last."));
}
