using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Selectors;
using Insula.Api.Validation;

namespace Insula.Api.Workloads;

/// <summary>Checks Jobs and CronJobs that have their defaults, as Kubernetes does (batch/validation), with its texts.</summary>
public static class JobValidation
{
    private const int MostIndexed = 100_000;
    private const int LongestCronJobName = 52;
    private const int MostRules = 20;
    private const int MostCodes = 255;

    /// <summary>What is wrong with a Job; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> Validate(Job job)
    {
        ArgumentNullException.ThrowIfNull(job);
        var (errors, at) = WorkloadValidation.Begin(job.Metadata);
        var template = Spec(at, job.Spec);
        if (job.Spec.CompletionMode == "Indexed" && job.Spec.Completions is { } completions && $"{job.Metadata.Name}-{completions - 1}".Length > 63)
        {
            errors.Add(FieldError.Invalid("metadata.name", job.Metadata.Name, "the host names of its pods, which end with their indexes, must be no more than 63 characters"));
        }

        if (job.Spec.Selector is not { } selector)
        {
            at.Field("selector").Required();
            return errors;
        }

        var before = errors.Count;
        SelectorValidation.Validate(at.Field("selector"), selector);
        if (errors.Count == before && job.Spec.ManualSelector != true
            && !(selector.MatchLabels.Count == 1 && selector.MatchLabels.TryGetValue(WorkloadLabels.JobUid, out var uid) && uid == job.Metadata.Uid && selector.MatchExpressions.Count == 0))
        {
            at.Field("selector").Invalid(selector.ToSelector().ToString(), "`selector` not auto-generated: leave it out, or set manualSelector");
        }
        else if (errors.Count == before && !selector.ToSelector().Matches(template.Metadata.Labels))
        {
            at.Field("template").Field("metadata").Field("labels").Invalid(
                string.Join(',', template.Metadata.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}")), "`selector` does not match template `labels`");
        }

        return errors;
    }

    /// <summary>What is wrong with a CronJob; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> Validate(CronJob job)
    {
        ArgumentNullException.ThrowIfNull(job);
        var (errors, at) = WorkloadValidation.Begin(job.Metadata);
        if (job.Metadata.Name.Length > LongestCronJobName)
        {
            errors.Add(FieldError.Invalid("metadata.name", job.Metadata.Name, "must be no more than 52 characters"));
        }

        var schedule = at.Field("schedule");
        if (job.Spec.Schedule.Length == 0)
        {
            schedule.Required();
        }
        else if (job.Spec.Schedule.Contains("TZ", StringComparison.Ordinal))
        {
            schedule.Invalid(job.Spec.Schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
        }
        else if (!CronSchedule.TryParse(job.Spec.Schedule, out _, out var complaint))
        {
            schedule.Invalid(job.Spec.Schedule, complaint);
        }

        if (job.Spec.TimeZone is { } zone)
        {
            if (zone.Length == 0)
            {
                at.Field("timeZone").Invalid(zone, "must be nil or non-empty string");
            }
            else if (zone is "Local" || !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _))
            {
                at.Field("timeZone").Invalid(zone, "unknown time zone");
            }
        }

        at.Field("startingDeadlineSeconds").NotNegative(job.Spec.StartingDeadlineSeconds);
        at.Field("successfulJobsHistoryLimit").NotNegative(job.Spec.SuccessfulJobsHistoryLimit);
        at.Field("failedJobsHistoryLimit").NotNegative(job.Spec.FailedJobsHistoryLimit);
        var template = at.Field("jobTemplate");
        MetadataValidation.Labels(template.Field("metadata").Field("labels"), job.Spec.JobTemplate.Metadata.Labels);
        var spec = ApiJson.Read<JobSpec>(job.Spec.JobTemplate.Spec);
        if (spec.ManualSelector == true)
        {
            template.Field("spec").Field("manualSelector").Invalid(true, "its Jobs would have each other's pods: leave it out");
        }

        if (spec.Selector is not null)
        {
            template.Field("spec").Field("selector").Invalid(spec.Selector.ToSelector().ToString(), "`selector` will be auto-generated");
        }

        Spec(template.Field("spec"), spec);
        return errors;
    }

    /// <summary>What a change of a Job would touch that may not change; both have their defaults.</summary>
    public static IReadOnlyList<FieldError> ValidateUpdate(JsonObject old, JsonObject changed)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(changed);
        var errors = new List<FieldError>();
        foreach (var field in (ReadOnlySpan<string>)["selector", "template", "completionMode", "podFailurePolicy", "manualSelector", "backoffLimitPerIndex", "successPolicy"])
        {
            if (!JsonNode.DeepEquals(old["spec"]?[field], changed["spec"]?[field]))
            {
                errors.Add(FieldError.Invalid($"spec.{field}", changed["spec"]?[field], "field is immutable"));
            }
        }

        // An indexed Job may grow and shrink, all its indexes running at a time.
        var elastic = changed["spec"]?["completionMode"]?.ToString() == "Indexed" && JsonNode.DeepEquals(changed["spec"]?["completions"], changed["spec"]?["parallelism"]);
        if (!elastic && !JsonNode.DeepEquals(old["spec"]?["completions"], changed["spec"]?["completions"]))
        {
            errors.Add(FieldError.Invalid("spec.completions", changed["spec"]?["completions"], "field is immutable"));
        }

        return errors;
    }

    private static PodTemplateSpec Spec(ErrorList at, JobSpec spec)
    {
        at.Field("parallelism").NotNegative(spec.Parallelism);
        at.Field("completions").NotNegative(spec.Completions);
        at.Field("activeDeadlineSeconds").NotNegative(spec.ActiveDeadlineSeconds);
        at.Field("backoffLimit").NotNegative(spec.BackoffLimit);
        at.Field("ttlSecondsAfterFinished").NotNegative(spec.TtlSecondsAfterFinished);
        at.Field("backoffLimitPerIndex").NotNegative(spec.BackoffLimitPerIndex);
        at.Field("maxFailedIndexes").NotNegative(spec.MaxFailedIndexes);
        if (spec.CompletionMode == "Indexed")
        {
            if (spec.Completions is null)
            {
                at.Field("completions").Required("when completion mode is Indexed");
            }

            if (spec.Parallelism > MostIndexed)
            {
                at.Field("parallelism").Invalid(spec.Parallelism, $"must be less than or equal to {MostIndexed} when completion mode is Indexed");
            }

            if (spec.Completions > MostIndexed)
            {
                at.Field("completions").Invalid(spec.Completions, $"must be less than or equal to {MostIndexed} when completion mode is Indexed");
            }
        }

        JobIndexValidation.Validate(at, spec);
        var field = at.Field("template");
        var template = WorkloadValidation.Pods(field, spec.Template);
        if (template.Spec.RestartPolicy is not (RestartPolicies.OnFailure or RestartPolicies.Never))
        {
            at.All.Add(FieldError.NotSupported(field.Field("spec").Field("restartPolicy").Path, template.Spec.RestartPolicy, RestartPolicies.OnFailure, RestartPolicies.Never));
        }

        if (spec.PodFailurePolicy is { } policy)
        {
            Policy(at.Field("podFailurePolicy"), policy, template, spec.BackoffLimitPerIndex is not null);
            if (template.Spec.RestartPolicy == RestartPolicies.OnFailure)
            {
                field.Field("spec").Field("restartPolicy").Invalid(RestartPolicies.OnFailure, "only \"Never\" is supported when podFailurePolicy is specified");
            }

            if (spec.PodReplacementPolicy == "TerminatingOrFailed")
            {
                at.All.Add(FieldError.NotSupported(at.Field("podReplacementPolicy").Path, spec.PodReplacementPolicy, "Failed"));
            }
        }

        return template;
    }

    private static void Policy(ErrorList at, PodFailurePolicy policy, PodTemplateSpec template, bool perIndex)
    {
        var names = template.Spec.Containers.Concat(template.Spec.InitContainers).Select(c => c.Name).ToHashSet();
        if (policy.Rules.Count > MostRules)
        {
            at.All.Add(FieldError.TooMany(at.Field("rules").Path, policy.Rules.Count, MostRules));
        }

        for (var i = 0; i < policy.Rules.Count; i++)
        {
            var rule = policy.Rules[i];
            var field = at.Field("rules").Index(i);
            if ((rule.OnExitCodes is null) == (rule.OnPodConditions.Count == 0))
            {
                field.Invalid(null, "specifying one of OnExitCodes and OnPodConditions is required");
            }

            if (rule.Action == "FailIndex" && !perIndex)
            {
                field.Field("action").Invalid(rule.Action, "requires the backoffLimitPerIndex to be set");
            }

            if (rule.OnPodConditions.Count > MostRules)
            {
                field.All.Add(FieldError.TooMany(field.Field("onPodConditions").Path, rule.OnPodConditions.Count, MostRules));
            }

            if (rule.OnExitCodes is not { } codes)
            {
                continue;
            }

            var exit = field.Field("onExitCodes");
            if (!string.IsNullOrEmpty(codes.ContainerName) && !names.Contains(codes.ContainerName))
            {
                exit.Field("containerName").Invalid(codes.ContainerName, "must be one of the container or initContainer names in the pod template");
            }

            if (codes.Values.Count == 0)
            {
                exit.Field("values").Invalid(null, "at least one value is required");
            }

            if (codes.Values.Count > MostCodes)
            {
                exit.All.Add(FieldError.TooMany(exit.Field("values").Path, codes.Values.Count, MostCodes));
                continue;
            }

            for (var j = 0; j < codes.Values.Count; j++)
            {
                if (codes.Values[j] == 0 && codes.Operator == "In")
                {
                    exit.Field("values").Index(j).Invalid(0, "must not be 0 for the In operator");
                }

                if (j > 0 && codes.Values[j] <= codes.Values[j - 1])
                {
                    exit.Field("values").Index(j).Invalid(codes.Values[j], codes.Values[j] == codes.Values[j - 1] ? "must be unique" : "must be ordered");
                }
            }
        }
    }
}
