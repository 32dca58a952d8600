using Insula.Api.Workloads;
using Insula.Workloads.Pods;

namespace Insula.Workloads.Jobs;

/// <summary>
/// The failures at each index of a Job that bears so many of each (backoffLimitPerIndex). How many there were is written on the pod that is made
/// next: pods that have failed are kept by their finalizers until there is one.
/// </summary>
internal sealed class IndexFailures
{
    private readonly JobSpec _spec;
    private readonly Dictionary<int, WorkloadPod> _latest = [];
    private readonly HashSet<int> _active;

    /// <param name="job">The Job, as published last.</param>
    /// <param name="pods">Its pods.</param>
    /// <param name="hasFailed">Whether one of them has failed.</param>
    public IndexFailures(Job job, IReadOnlyList<WorkloadPod> pods, Func<WorkloadPod, bool> hasFailed)
    {
        _spec = job.Spec;
        var completions = job.Spec.Completions ?? 0;
        Indexes = IndexSet.Parse(job.Status.FailedIndexes, completions);
        // Those that are ended with their Job do not fail their indexes.
        var isDecided = job.Status.Conditions.Any(JobController.IsTarget);
        _active = pods.Where(p => p.IsActive).Select(p => p.CompletionIndex).OfType<int>().ToHashSet();

        // What was let go is counted already, or was not wanted any more.
        foreach (var pod in pods.Where(p => p.CompletionIndex is { } index && index >= 0 && index < completions && p.Finalizers.Contains(WorkloadLabels.JobTracking) && hasFailed(p)))
        {
            var index = pod.CompletionIndex!.Value;
            if (!isDecided && IsLast(pod))
            {
                Indexes.Add(index);
            }

            if (!_latest.TryGetValue(index, out var other) || IsAfter(pod, other))
            {
                _latest[index] = pod;
            }
        }
    }

    /// <summary>Indexes that have failed, which are not tried again.</summary>
    public SortedSet<int> Indexes { get; }

    /// <summary>Whether a pod that has failed has to stay: nothing else knows how often its index has.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="succeeded">Indexes that have succeeded.</param>
    public bool Holds(WorkloadPod pod, SortedSet<int> succeeded) =>
        pod.CompletionIndex is { } index && _latest.GetValueOrDefault(index)?.Uid == pod.Uid
        && !_active.Contains(index) && !succeeded.Contains(index) && !Indexes.Contains(index);

    /// <summary>The failures at an index that its next pod is told of.</summary>
    public (int Counted, int Ignored) Before(int index)
    {
        if (!_latest.TryGetValue(index, out var pod))
        {
            return default;
        }

        var (counted, ignored) = pod.IndexFailures;
        return FailurePolicy.Judge(_spec.PodFailurePolicy, pod).Action == "Ignore" ? (counted, Next(ignored)) : (Next(counted), ignored);
    }

    /// <summary>When an index may be tried again: 10 s after its first failure, twice as long each time, at most 10 minutes.</summary>
    public DateTimeOffset NotBefore(int index) =>
        _latest.TryGetValue(index, out var pod) ? pod.Ended + JobPods.BackOff(Total(pod)) : DateTimeOffset.MinValue;

    private bool IsLast(WorkloadPod pod) => FailurePolicy.Judge(_spec.PodFailurePolicy, pod).Action switch
    {
        "FailIndex" => true,
        "Ignore" => false,
        _ => pod.IndexFailures.Counted >= _spec.BackoffLimitPerIndex,
    };

    private static bool IsAfter(WorkloadPod pod, WorkloadPod other) => Total(pod) != Total(other) ? Total(pod) > Total(other) : pod.Ended > other.Ended;

    private static long Total(WorkloadPod pod) => (long)pod.IndexFailures.Counted + pod.IndexFailures.Ignored;

    private static int Next(int count) => count == int.MaxValue ? count : count + 1;
}
