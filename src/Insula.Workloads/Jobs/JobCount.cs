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
    private readonly Job _job;
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

        // Named, and the finalizer is gone: a number now.
        var tracked = pods.Where(p => p.Finalizers.Contains(WorkloadLabels.JobTracking)).ToList();
        var waiting = tracked.Select(p => p.Uid).ToHashSet();
        _succeededCount += _succeeded.RemoveAll(uid => !waiting.Contains(uid));
        _failedCount += _failed.RemoveAll(uid => !waiting.Contains(uid));
        foreach (var pod in tracked)
        {
            Look(pod, indexesBefore);
        }
    }

    public bool IsIndexed { get; }

    /// <summary>Indexes that have succeeded.</summary>
    public SortedSet<int> Indexes { get; }

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
        UncountedTerminatedPods = _succeeded.Count + _failed.Count == 0 ? null : new() { Succeeded = _succeeded, Failed = _failed },
    };

    private void Look(WorkloadPod pod, HashSet<int> indexesBefore)
    {
        if (pod.Phase == PodPhases.Succeeded)
        {
            IsDone = false;
            if (!IsIndexed)
            {
                Name(pod, _succeeded, _succeededBefore);
            }
            else if (pod.CompletionIndex is not { } index || index >= (_job.Spec.Completions ?? 0) || indexesBefore.Contains(index))
            {
                _releases.Add(Release(pod));
            }
            else
            {
                Indexes.Add(index);
            }
        }
        else if (pod.Phase == PodPhases.Failed || pod is { IsDeleted: true, IsRunning: false })
        {
            IsDone = false;
            var (action, message) = pod.Phase == PodPhases.Failed ? FailurePolicy.Judge(_job.Spec.PodFailurePolicy, pod) : ("Count", "");
            if (action == "Ignore")
            {
                _releases.Add(Release(pod));
                return;
            }

            Fatal ??= action == "FailJob" ? message : null;
            Name(pod, _failed, _failedBefore);
        }
    }

    private void Name(WorkloadPod pod, List<string> names, HashSet<string> before)
    {
        if (before.Contains(pod.Uid))
        {
            _releases.Add(Release(pod));
        }
        else
        {
            names.Add(pod.Uid);
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
