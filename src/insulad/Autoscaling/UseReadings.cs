using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Pods;
using Insula.Pods.Stats;
using Insula.Workloads.Autoscaling;

namespace Insulad.Autoscaling;

/// <summary>What pods use, between one reading of their counters and the next. Nothing is read but when it is asked for.</summary>
internal sealed class UseReadings(IPodService pods, TimeProvider time)
{
    private const double MicrosecondsPerMilli = 1000;

    private Dictionary<(string Uid, string Container, DateTimeOffset StartedAt), (long Microseconds, long Timestamp, DateTimeOffset At)> _before = [];

    /// <summary>Whether there is an earlier reading.</summary>
    public bool Any => _before.Count > 0;

    /// <summary>Reads the counters of these pods, and forgets those of others.</summary>
    public async Task<IReadOnlyDictionary<string, ScaledPod>> ReadAsync(IReadOnlyList<Pod> read, CancellationToken ct)
    {
        var now = new Dictionary<(string, string, DateTimeOffset), (long, long, DateTimeOffset)>();
        var stats = (await pods.ReadStatsAsync([.. read.Select(p => p.Metadata.Uid ?? "")], TimeSpan.Zero, ct)).ToDictionary(s => s.Uid);
        var result = new Dictionary<string, ScaledPod>(StringComparer.Ordinal);
        foreach (var pod in read)
        {
            var uid = pod.Metadata.Uid ?? "";
            result[uid] = Of(pod, stats.GetValueOrDefault(uid), now);
        }

        _before = now;
        return result;
    }

    private ScaledPod Of(Pod pod, PodStats? stats, Dictionary<(string, string, DateTimeOffset), (long, long, DateTimeOffset)> now)
    {
        var containers = new List<ScaledContainer>();
        DateTimeOffset? since = DateTimeOffset.MinValue;
        foreach (var container in pod.Spec.Containers.Concat(pod.Spec.InitContainers.Where(c => c.RestartPolicy == "Always")))
        {
            var use = stats?.Containers.FirstOrDefault(c => c.Name == container.Name);
            long? cpu = null;
            var measured = false;
            if (use?.Use.Counters.CpuUsageMicroseconds is { } microseconds)
            {
                var key = (stats!.Uid, container.Name, use.StartedAt);
                var timestamp = time.GetTimestamp();
                now[key] = (microseconds, timestamp, stats.Time);
                if (_before.TryGetValue(key, out var before))
                {
                    cpu = (long)((microseconds - before.Microseconds) / MicrosecondsPerMilli / time.GetElapsedTime(before.Timestamp, timestamp).TotalSeconds);
                    since = since > before.At ? since : before.At;
                    measured = true;
                }
            }

            since = measured ? since : null;
            containers.Add(new ScaledContainer(
                container.Name,
                Requests(container.Resources),
                new ResourceAmounts(cpu, use?.Use.Counters.MemoryWorkingSet)));
        }

        var ready = pod.Status.Conditions.FirstOrDefault(c => c.Type == "Ready");
        return new ScaledPod(
            pod.Metadata.Name ?? "", pod.Status.Phase ?? "Pending", pod.Metadata.DeletionTimestamp is not null, pod.Status.StartTime,
            ready is null ? null : ready.Status == ConditionStatuses.True, ready?.LastTransitionTime, since, containers)
        {
            Requests = Requests(pod.Spec.Resources ?? new()),
        };
    }

    // A limit without a request is one.
    private static ResourceAmounts Requests(ResourceRequirements resources)
    {
        return new ResourceAmounts(Of("cpu"), Of("memory"));

        long? Of(string resource) => PodResources.Amount(resources.Requests, resource) ?? PodResources.Amount(resources.Limits, resource);
    }
}
