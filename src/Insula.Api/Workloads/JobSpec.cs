using System.Text.Json.Nodes;
using Insula.Api.Meta;

namespace Insula.Api.Workloads;

/// <summary>What a Job should be (batch/v1 JobSpec).</summary>
public sealed record JobSpec
{
    /// <summary>How many pods run at a time. Default 1.</summary>
    public int? Parallelism { get; init; }

    /// <summary>How many pods have to succeed. Not given with parallelism given: when one has succeeded, no other is started.</summary>
    public int? Completions { get; init; }

    /// <summary>Indexed: each pod has a number of its own, 0 to completions-1, in its name, its annotation batch.kubernetes.io/job-completion-index and its variable JOB_COMPLETION_INDEX. Default NonIndexed.</summary>
    public string? CompletionMode { get; init; }

    /// <summary>How many failures are borne. Default 6, with backoffLimitPerIndex any number. Between them 10 s pass, twice as long each time, at most 10 minutes.</summary>
    public int? BackoffLimit { get; init; }

    /// <summary>Seconds after which it has failed, counted from status.startTime.</summary>
    public long? ActiveDeadlineSeconds { get; init; }

    /// <summary>Seconds after its end when it is deleted. Not given: it stays.</summary>
    public int? TtlSecondsAfterFinished { get; init; }

    /// <summary>Whether it has no pods for now. Default false.</summary>
    public bool? Suspend { get; init; }

    /// <summary>What certain failures mean. Only with restartPolicy Never.</summary>
    public PodFailurePolicy? PodFailurePolicy { get; init; }

    /// <summary>When a pod is replaced: Failed, when it has ended; TerminatingOrFailed, when it begins to. Default TerminatingOrFailed, with a podFailurePolicy Failed.</summary>
    public string? PodReplacementPolicy { get; init; }

    /// <summary>Its pods; made by the daemon unless manualSelector is true.</summary>
    public LabelSelectorFields? Selector { get; init; }

    /// <summary>Whether selector and labels are given by hand. Default false.</summary>
    public bool? ManualSelector { get; init; }

    /// <summary>What its pods are made from.</summary>
    public JsonObject Template { get; init => field = value ?? []; } = [];

    /// <summary>How many failures of each index are borne before it has failed and is left; the others go on. Each index has a back-off of its own. Only with completionMode Indexed.</summary>
    public int? BackoffLimitPerIndex { get; init; }

    /// <summary>How many indexes may fail before the Job does, at once. Not given: it fails when none is left to run. Only with backoffLimitPerIndex.</summary>
    public int? MaxFailedIndexes { get; init; }

    /// <summary>When some indexes are enough: what runs then is ended, and the Job is complete. Only with completionMode Indexed.</summary>
    public SuccessPolicy? SuccessPolicy { get; init; }

    /// <summary>Who sees to the Job.</summary>
    public string? ManagedBy { get; init; }
}
