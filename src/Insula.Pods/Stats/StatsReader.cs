using Insula.Linux.Cgroups;
using Insula.Linux.Netlink;
using Insula.Network;
using Insula.Pods.Workers;

namespace Insula.Pods.Stats;

/// <summary>Reads what pods use, when somebody asks: nothing is read between two questions.</summary>
internal sealed class StatsReader(IPodNetwork network, TimeProvider clock)
{
    private static readonly Dictionary<string, LinkTraffic> s_none = [];

    /// <summary>Reads the pods; with a window twice, for the speed in between.</summary>
    public async Task<IReadOnlyList<PodStats>> ReadAsync(IReadOnlyList<PodWorker> workers, TimeSpan window, CancellationToken cancellationToken)
    {
        var before = new Dictionary<string, Reading>(StringComparer.Ordinal);
        if (window > TimeSpan.Zero)
        {
            foreach (var worker in workers)
            {
                foreach (var reading in Read(worker))
                {
                    before[reading.Key] = reading;
                }
            }

            await Task.Delay(window, clock, cancellationToken);
        }

        var traffic = workers.Any(worker => worker.Current.Sandbox is not null) ? await network.ReadTrafficAsync() : s_none;
        return [.. workers.Select(worker => ToStats(worker, before, traffic))];
    }

    private PodStats ToStats(PodWorker worker, Dictionary<string, Reading> before, IReadOnlyDictionary<string, LinkTraffic> traffic)
    {
        ResourceUse? pod = null;
        var containers = new List<ContainerUse>();
        foreach (var reading in Read(worker))
        {
            var earlier = before.GetValueOrDefault(reading.Key);
            var elapsed = earlier is null ? TimeSpan.Zero : clock.GetElapsedTime(earlier.Timestamp, reading.Timestamp);
            var use = new ResourceUse(reading.Counters, ResourceUse.Speed(earlier?.Counters, reading.Counters, elapsed));
            if (reading.Container is { } container)
            {
                containers.Add(new ContainerUse(container.Name, container.StartedAt, use, container.OomKills));
            }
            else
            {
                pod = use;
            }
        }

        var link = worker.Current.Sandbox is { } sandbox ? traffic.GetValueOrDefault(sandbox.Id) : null;
        return new PodStats(worker.Uid, clock.GetUtcNow(), pod, containers, link, worker.ProbeTallies);
    }

    // The pod, then its running containers.
    private IEnumerable<Reading> Read(PodWorker worker)
    {
        var current = worker.Current;
        if (current.Sandbox is not { } sandbox)
        {
            yield break;
        }

        yield return new Reading(sandbox.Id, null, clock.GetTimestamp(), sandbox.ReadStats());
        foreach (var container in sandbox.Containers.Where(container => container.IsRunning))
        {
            if (PodPlaces.ParseContainerId(container.Id) is { } parsed)
            {
                yield return new Reading(
                    $"{sandbox.Id}/{container.Id}",
                    new Started(parsed.Name, container.StartedAt, sandbox.ReadEvents(container.Id).OomKills),
                    clock.GetTimestamp(),
                    sandbox.ReadStats(container.Id));
            }
        }
    }

    private sealed record Started(string Name, DateTimeOffset StartedAt, long OomKills);

    private sealed record Reading(string Key, Started? Container, long Timestamp, CgroupStats Counters);
}
