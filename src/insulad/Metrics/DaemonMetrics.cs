using System.Diagnostics;
using Insula.Pods.Eviction;
using Insula.Pods.Timing;
using Insula.Store;
using Insulad.Http;
using Insulad.Http.Strategies;

namespace Insulad.Metrics;

/// <summary>The daemon itself, and how long it takes to start pods.</summary>
internal static class DaemonMetrics
{
    /// <summary>Writes the families.</summary>
    /// <param name="text">Where to.</param>
    /// <param name="store">The objects.</param>
    /// <param name="steps">How long each step of pods' starts took.</param>
    /// <param name="evictions">How many pods were evicted.</param>
    public static void Write(MetricsText text, IObjectStore store, IReadOnlyDictionary<string, LatencyHistogram> steps, EvictionTally evictions)
    {
        text.Gauge("insula_build_info", "The daemon's version; the value is 1.");
        text.Add(1, ("version", Discovery.Version));
        using var process = Process.GetCurrentProcess();
        text.Counter("process_cpu_seconds_total", "CPU time used by the daemon.");
        text.Add(process.TotalProcessorTime.TotalSeconds);
        text.Gauge("process_resident_memory_bytes", "Resident memory of the daemon.");
        text.Add(process.WorkingSet64);
        text.Gauge("process_threads", "Threads of the daemon.");
        text.Add(process.Threads.Count);
        text.Gauge("process_open_fds", "Open descriptors of the daemon.");
        text.Add(Directory.EnumerateFileSystemEntries("/proc/self/fd").Count());
        text.Gauge("process_start_time_seconds", "When the daemon was started, in seconds since 1970.");
        text.Add(new DateTimeOffset(process.StartTime.ToUniversalTime()).ToUnixTimeMilliseconds() / 1000.0);
        text.Gauge("apiserver_storage_objects", "Objects in the store.");
        foreach (var strategy in StrategyTable.All)
        {
            text.Add(store.List(strategy.Kind.QualifiedPlural, null).Items.Count, ("resource", strategy.Kind.QualifiedPlural));
        }

        text.Counter("kubelet_evictions", "Pods evicted, by what was short or the limit they had passed.");
        foreach (var (signal, count) in evictions.Counts.OrderBy(c => c.Key, StringComparer.Ordinal))
        {
            text.Add(count, ("eviction_signal", signal));
        }

        text.Histogram("insula_pod_step_duration_seconds", "How long the steps of pods' starts took, as describe --timing shows them for one pod.");
        foreach (var (step, histogram) in steps.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            text.Add(histogram, ("step", step));
        }
    }
}
