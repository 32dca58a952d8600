using System.Collections.Concurrent;
using System.Diagnostics;

namespace Insula.Pods.Timing;

/// <summary>
/// Keeps, for each pod, how long the steps of its latest start took: those of each container's latest start, and of the sandbox's. In
/// memory alone; a daemon that has adopted a pod knows only what it did itself.
/// </summary>
public sealed class PodTimings : IDisposable
{
    // A pod with many containers has many steps; one that restarts for ever must not have more and more.
    private const int MostSteps = 512;

    // Of a pod that is gone, steps may end a moment later: the last ones gone are remembered, so that none comes back.
    private const int MostGone = 256;

    private readonly ConcurrentDictionary<string, List<Entry>?> _pods = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _gone = new();
    private readonly ActivityListener _listener;

    // Steps have names of ours, but for statuses, of which there are few.
    private readonly ConcurrentDictionary<string, LatencyHistogram> _latencies = new(StringComparer.Ordinal);

    /// <summary>How long each step has taken, of all pods since the daemon began: by its name, behind that of the whole it is a part of and a slash.</summary>
    public IReadOnlyDictionary<string, LatencyHistogram> Latencies => _latencies;

    /// <summary>Begins to listen.</summary>
    public PodTimings()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = IsOurs,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
            ActivityStopped = Keep,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>The steps of a pod in the order in which they began; empty when nothing was done for it.</summary>
    public IReadOnlyList<TimedStep> Of(string uid)
    {
        if (!_pods.TryGetValue(uid, out var entries) || entries is null)
        {
            return [];
        }

        lock (entries)
        {
            return [.. entries.Select(e => e.Step).OrderBy(s => s.Began).ThenBy(s => s.Depth)];
        }
    }

    /// <summary>A pod that is gone.</summary>
    public void Forget(string uid)
    {
        _pods[uid] = null;
        _gone.Enqueue(uid);
        if (_gone.Count > MostGone && _gone.TryDequeue(out var old))
        {
            _pods.TryRemove(old, out _);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private void Keep(Activity activity)
    {
        // The step that says for which pod it is; failing that, the outermost, which may learn it before it ends.
        var (owner, depth) = (activity, 0);
        while (owner.GetTagItem(PodTracing.PodTag) is null && owner.Parent is { } parent && IsOurs(parent.Source))
        {
            (owner, depth) = (parent, depth + 1);
        }

        var step = new TimedStep(
            activity.OperationName, owner.GetTagItem(PodTracing.ContainerTag) as string, depth, new DateTimeOffset(activity.StartTimeUtc), activity.Duration);
        if (owner.GetTagItem(PodTracing.PodTag) is string uid)
        {
            _latencies.GetOrAdd(depth == 0 ? step.Name : $"{owner.OperationName}/{step.Name}", _ => new LatencyHistogram()).Add(step.Duration);
            Keep(uid, owner, step);
        }
        else if (owner != activity)
        {
            Waiting(owner).Enqueue(step);
        }
    }

    private void Keep(string uid, Activity owner, TimedStep step)
    {
        if (_pods.GetOrAdd(uid, _ => []) is not { } entries)
        {
            return;
        }

        lock (entries)
        {
            // Steps end before what they are a part of: the end of the whole tells that earlier ones of its kind are of the past.
            if (step.Depth == 0)
            {
                entries.RemoveAll(e => e.Whole == step.Name && e.Step.Container == step.Container && e.Step.Began < step.Began);
            }

            IEnumerable<TimedStep> all = step.Depth == 0 ? [step, .. Waiting(owner)] : [step];
            entries.AddRange(all.Take(MostSteps - entries.Count).Select(each => new Entry(owner.OperationName, each)));
        }
    }

    private static ConcurrentQueue<TimedStep> Waiting(Activity owner)
    {
        if (owner.GetCustomProperty(nameof(Waiting)) is not ConcurrentQueue<TimedStep> waiting)
        {
            owner.SetCustomProperty(nameof(Waiting), waiting = []);
        }

        return waiting;
    }

    private static bool IsOurs(ActivitySource source) => source.Name.StartsWith(PodTracing.Prefix, StringComparison.Ordinal);

    private readonly record struct Entry(string Whole, TimedStep Step);
}
