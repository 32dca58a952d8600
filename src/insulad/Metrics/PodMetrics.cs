using Insula.Api.Core;
using Insula.Linux.Cgroups;
using Insula.Linux.Netlink;
using Insula.Pods.Stats;

namespace Insulad.Metrics;

/// <summary>What pods and containers use, under the names that a kubelet with cAdvisor and kube-state-metrics give it: dashboards for those fit.</summary>
internal static class PodMetrics
{
    private const double Micro = 1e-6;

    // By the name of the only link that a pod sees.
    private const string Link = "eth0";

    private static readonly (string Name, string Help, Func<CgroupStats, double?> Read)[] s_counters =
    [
        ("container_cpu_usage_seconds_total", "CPU time used.", c => c.CpuUsageMicroseconds * Micro),
        ("container_cpu_cfs_periods_total", "Periods in which a CPU limit was enforced.", c => c.CpuPeriods),
        ("container_cpu_cfs_throttled_periods_total", "Periods in which the CPU limit held back.", c => c.CpuThrottledPeriods),
        ("container_cpu_cfs_throttled_seconds_total", "Time in which the CPU limit held back.", c => c.CpuThrottledMicroseconds * Micro),
        ("container_fs_reads_bytes_total", "Bytes read from disks.", c => c.Disk?.ReadBytes),
        ("container_fs_writes_bytes_total", "Bytes written to disks.", c => c.Disk?.WrittenBytes),
        ("container_fs_reads_total", "Reads from disks.", c => c.Disk?.Reads),
        ("container_fs_writes_total", "Writes to disks.", c => c.Disk?.Writes),
        ("container_pressure_cpu_waiting_seconds_total", "Time in which a task waited for a processor.", c => c.CpuPressure?.WaitingMicroseconds * Micro),
        ("container_pressure_cpu_stalled_seconds_total", "Time in which all tasks waited for a processor.", c => c.CpuPressure?.StalledMicroseconds * Micro),
        ("container_pressure_memory_waiting_seconds_total", "Time in which a task waited for memory.", c => c.MemoryPressure?.WaitingMicroseconds * Micro),
        ("container_pressure_memory_stalled_seconds_total", "Time in which all tasks waited for memory.", c => c.MemoryPressure?.StalledMicroseconds * Micro),
        ("container_pressure_io_waiting_seconds_total", "Time in which a task waited for a disk.", c => c.DiskPressure?.WaitingMicroseconds * Micro),
        ("container_pressure_io_stalled_seconds_total", "Time in which all tasks waited for a disk.", c => c.DiskPressure?.StalledMicroseconds * Micro),
    ];

    private static readonly (string Name, string Help, Func<CgroupStats, double?> Read)[] s_gauges =
    [
        ("container_memory_usage_bytes", "Memory in use, page cache included.", c => c.MemoryCurrent),
        ("container_memory_working_set_bytes", "Memory in use without inactive file pages: what counts when memory is short.", c => c.MemoryWorkingSet),
        ("container_memory_max_usage_bytes", "The most memory ever in use.", c => c.MemoryPeak),
        ("container_spec_memory_limit_bytes", "The memory limit; none where there is no limit.", c => c.MemoryLimit),
        ("container_threads", "Processes and threads.", c => c.Pids),
        ("container_threads_max", "The limit of processes and threads; none where there is no limit.", c => c.PidsLimit),
    ];

    private static readonly (string Name, string Help, Func<LinkTraffic, double> Read)[] s_links =
    [
        ("container_network_receive_bytes_total", "Bytes received.", l => l.Received.Bytes),
        ("container_network_receive_packets_total", "Packets received.", l => l.Received.Packets),
        ("container_network_receive_errors_total", "Packets received broken.", l => l.Received.Errors),
        ("container_network_receive_packets_dropped_total", "Packets dropped on the way in.", l => l.Received.Dropped),
        ("container_network_transmit_bytes_total", "Bytes sent.", l => l.Sent.Bytes),
        ("container_network_transmit_packets_total", "Packets sent.", l => l.Sent.Packets),
        ("container_network_transmit_errors_total", "Packets that could not be sent.", l => l.Sent.Errors),
        ("container_network_transmit_packets_dropped_total", "Packets dropped on the way out.", l => l.Sent.Dropped),
    ];

    private static readonly string[] s_phases = ["Pending", "Running", "Succeeded", "Failed", "Unknown"];

    /// <summary>Writes the families.</summary>
    /// <param name="text">Where to.</param>
    /// <param name="pods">The pods, with what they use; null for those that no worker has.</param>
    public static void Write(MetricsText text, IReadOnlyList<(Pod Pod, PodStats? Stats)> pods)
    {
        WriteUse(text, pods);
        WriteStates(text, pods);
        WriteProbes(text, pods);
    }

    // By size, in the words of the kernel's files; who uses none is left out.
    private static void WriteHugePages(MetricsText text, IReadOnlyList<(Pod Pod, PodStats? Stats)> pods)
    {
        text.Gauge("container_hugetlb_usage_bytes", "Memory in huge pages, by the size of a page; none where none is used.");
        foreach (var (pod, stats) in pods)
        {
            Add(pod, "", stats?.Pod);
            foreach (var container in stats?.Containers ?? [])
            {
                Add(pod, container.Name, container.Use);
            }
        }

        void Add(Pod pod, string container, ResourceUse? use)
        {
            foreach (var (size, bytes) in use?.Counters.HugePages ?? new Dictionary<long, long>())
            {
                text.Add(bytes, [.. Labels(pod), ("container", container), ("pagesize", CgroupTree.PageSizeName(size))]);
            }
        }
    }

    private static void WriteUse(MetricsText text, IReadOnlyList<(Pod Pod, PodStats? Stats)> pods)
    {
        foreach (var (name, help, read) in s_counters)
        {
            text.Counter(name, help);
            Each(read);
        }

        foreach (var (name, help, read) in s_gauges)
        {
            text.Gauge(name, help);
            Each(read);
        }

        WriteHugePages(text, pods);
        text.Counter("container_oom_events_total", "Processes of the container that the kernel killed for want of memory, since its start.");
        foreach (var (pod, stats) in pods)
        {
            foreach (var container in stats?.Containers ?? [])
            {
                text.Add(container.OomKills, [.. Labels(pod), ("container", container.Name)]);
            }
        }

        text.Gauge("container_start_time_seconds", "When the container was started, in seconds since 1970.");
        foreach (var (pod, stats) in pods)
        {
            foreach (var container in stats?.Containers ?? [])
            {
                text.Add(container.StartedAt.ToUnixTimeMilliseconds() / 1000.0, [.. Labels(pod), ("container", container.Name)]);
            }
        }

        foreach (var (name, help, read) in s_links)
        {
            text.Counter(name, help);
            foreach (var (pod, stats) in pods.Where(p => p.Stats?.Network is not null))
            {
                text.Add(read(stats!.Network!), [.. Labels(pod), ("interface", Link)]);
            }
        }

        // The pod as a whole has no container, as cAdvisor shows it.
        void Each(Func<CgroupStats, double?> read)
        {
            foreach (var (pod, stats) in pods)
            {
                text.Add(stats?.Pod is { } whole ? read(whole.Counters) : null, [.. Labels(pod), ("container", "")]);
                foreach (var container in stats?.Containers ?? [])
                {
                    text.Add(read(container.Use.Counters), [.. Labels(pod), ("container", container.Name)]);
                }
            }
        }
    }

    private static void WriteStates(MetricsText text, IReadOnlyList<(Pod Pod, PodStats? Stats)> pods)
    {
        text.Gauge("kube_pod_status_phase", "The pod's phase: 1 for the one it is in.");
        foreach (var (pod, _) in pods)
        {
            foreach (var phase in s_phases)
            {
                text.Add(phase == pod.Status?.Phase ? 1 : 0, [.. Labels(pod), ("phase", phase)]);
            }
        }

        text.Gauge("kube_pod_status_ready", "Whether the pod is ready.");
        foreach (var (pod, _) in pods)
        {
            text.Add(pod.Status?.Conditions.Any(c => c is { Type: "Ready", Status: "True" }) == true ? 1 : 0, [.. Labels(pod), ("condition", "true")]);
        }

        text.Counter("kube_pod_container_status_restarts_total", "How often the container was started again.");
        foreach (var (pod, _) in pods)
        {
            foreach (var container in pod.Status?.ContainerStatuses ?? [])
            {
                text.Add(container.RestartCount, [.. Labels(pod), ("container", container.Name)]);
            }
        }
    }

    private static void WriteProbes(MetricsText text, IReadOnlyList<(Pod Pod, PodStats? Stats)> pods)
    {
        text.Counter("prober_probe_total", "Probings by their result.");
        foreach (var (pod, tally) in Tallies())
        {
            text.Add(tally.Successes, [.. Labels(pod), ("container", tally.Container), ("probe_type", tally.Kind.ToString()), ("result", "successful")]);
            text.Add(tally.Failures, [.. Labels(pod), ("container", tally.Container), ("probe_type", tally.Kind.ToString()), ("result", "failed")]);
        }

        text.Histogram("prober_probe_duration_seconds", "How long probings took.");
        foreach (var (pod, tally) in Tallies())
        {
            text.Add(tally.Durations, [.. Labels(pod), ("container", tally.Container), ("probe_type", tally.Kind.ToString())]);
        }

        IEnumerable<(Pod Pod, ProbeTally Tally)> Tallies() => pods.SelectMany(p => (p.Stats?.Probes ?? []).Select(tally => (p.Pod, tally)));
    }

    private static (string Name, string Value)[] Labels(Pod pod) => [("namespace", pod.Metadata.Namespace ?? ""), ("pod", pod.Metadata.Name ?? "")];
}
