using Insula.Api.Core;
using Insula.Api.Workloads;
using Insula.Workloads.Pods;

namespace Insula.Workloads.Jobs;

/// <summary>
/// Counts each pod of a Job that has ended once, whatever becomes of it and of the daemon. A pod keeps a finalizer until the status names it, and
/// stays named there until the finalizer is gone: only then is it a number.
/// </summary>
internal sealed class JobCount
{
    private static readonly SortedSet<int> s_none = [];
    private readonly Job _job;
    private readonly bool _mayHold;
    private readonly HashSet<string> _succeededBefore;
    private readonly HashSet<string> _failedBefore;
    private readonly List<string> _succeeded;
    private readonly List<string> _failed;
    private readonly List<WorkloadChange> _releases = [];
    private readonly int _succeededCount;
    private readonly int _failedCount;

    /// <param name="job">The Job, as published last.</param>
    /// <param name="pods">Its pods.</param>
    public JobCount(Job job, IReadOnlyList<WorkloadPod> pods)
    {
        _job = job;
        IsIndexed = job.Spec.CompletionMode == "Indexed";
        var before = job.Status.UncountedTerminatedPods;
        _succeeded = [.. before?.Succeeded ?? []];
        _failed = [.. before?.Failed ?? []];
        _succeededBefore = [.. _succeeded];
        _failedBefore = [.. _failed];
        _succeededCount = job.Status.Succeeded ?? 0;
        _failedCount = job.Status.Failed ?? 0;
        Indexes = IndexSet.Parse(job.Status.CompletedIndexes, IsIndexed ? job.Spec.Completions ?? 0 : 0);
        var indexesBefore = Indexes.ToHashSet();
        PerIndex = IsIndexed && job.Spec.BackoffLimitPerIndex is not null ? new(job, pods, HasFailed) : null;
        _mayHold = PerIndex is not null && !job.Status.Conditions.Any(JobController.IsTarget);

        // Named, and the finalizer is gone: a number now.
        var tracked = pods.Where(p => p.Finalizers.Contains(WorkloadLabels.JobTracking)).ToList();
        var waiting = tracked.Select(p => p.Uid).ToHashSet();
        _succeededCount += _succeeded.RemoveAll(uid => !waiting.Contains(uid));
        _failedCount += _failed.RemoveAll(uid => !waiting.Contains(uid));
        foreach (var pod in tracked.OrderBy(p => p.Phase != PodPhases.Succeeded))
        {
            Look(pod, indexesBefore);
        }
    }

    public bool IsIndexed { get; }

    /// <summary>Indexes that have succeeded.</summary>
    public SortedSet<int> Indexes { get; }

    /// <summary>The failures at each index; null when they are counted together.</summary>
    public IndexFailures? PerIndex { get; }

    /// <summary>Indexes that are not tried any more.</summary>
    public SortedSet<int> FailedIndexes => PerIndex?.Indexes ?? s_none;

    /// <summary>How many have succeeded, those that are named included.</summary>
    public int Succeeded => IsIndexed ? Indexes.Count : _succeededCount + _succeeded.Count;

    /// <summary>How many have failed, those that are named included.</summary>
    public int Failed => _failedCount + _failed.Count;

    /// <summary>Why a pod's failure is the Job's; null when none is.</summary>
    public string? Fatal { get; private set; }

    /// <summary>Pods that the published status names, which may go now.</summary>
    public IReadOnlyList<WorkloadChange> Releases => _releases;

    /// <summary>Whether no pod is left to be counted.</summary>
    public bool IsDone { get; private set; } = true;

    /// <summary>The status with the numbers.</summary>
    public JobStatus Into(JobStatus status) => status with
    {
        Succeeded = Counts.OrNone(IsIndexed ? Indexes.Count : _succeededCount),
        Failed = Counts.OrNone(_failedCount),
        CompletedIndexes = IndexSet.Format(Indexes),
        FailedIndexes = PerIndex is null ? null : IndexSet.Format(FailedIndexes) ?? "",
        UncountedTerminatedPods = _succeeded.Count + _failed.Count == 0 ? null : new() { Succeeded = _succeeded, Failed = _failed },
    };

    /// <summary>Whether a pod counts as failed: it has ended so, or it is being deleted and will not end well or, where those are replaced, may not.</summary>
    public bool HasFailed(WorkloadPod pod) =>
        pod.Phase == PodPhases.Failed || _failedBefore.Contains(pod.Uid)
        || (pod is { IsDeleted: true, IsFinished: false } && (!pod.IsRunning || (_job.Spec.BackoffLimitPerIndex is not null && !JobPods.ReplacesLate(_job))));

    private void Look(WorkloadPod pod, HashSet<int> indexesBefore)
    {
        if (HasFailed(pod))
        {
            IsDone = false;
            var (action, message) = FailurePolicy.Judge(_job.Spec.PodFailurePolicy, pod);
            Fatal ??= action == "FailJob" ? message : null;
            if (action != "Ignore" && !_failedBefore.Contains(pod.Uid))
            {
                _failed.Add(pod.Uid);
            }
            else if (!(_mayHold && PerIndex!.Holds(pod, Indexes)))
            {
                _releases.Add(Release(pod));
            }
        }
        else if (pod.Phase == PodPhases.Succeeded)
        {
            IsDone = false;
            if (!IsIndexed)
            {
                Name(pod);
            }
            else if (pod.CompletionIndex is not { } index || index < 0 || index >= (_job.Spec.Completions ?? 0) || indexesBefore.Contains(index) || FailedIndexes.Contains(index))
            {
                _releases.Add(Release(pod));
            }
            else
            {
                Indexes.Add(index);
            }
        }
    }

    private void Name(WorkloadPod pod)
    {
        if (_succeededBefore.Contains(pod.Uid))
        {
            _releases.Add(Release(pod));
        }
        else
        {
            _succeeded.Add(pod.Uid);
        }
    }

    internal static WorkloadChange.Edit Release(WorkloadPod pod)
    {
        var left = pod.Finalizers.Where(f => f != WorkloadLabels.JobTracking).Select(f => (System.Text.Json.Nodes.JsonNode?)f).ToArray();
        return new("pods", pod.Name, pod.Uid, new()
        {
            ["metadata"] = new System.Text.Json.Nodes.JsonObject { ["finalizers"] = left.Length == 0 ? null : new System.Text.Json.Nodes.JsonArray(left) },
        })
        { Version = pod.Version };
    }
}
