using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Api.Values;
using Insula.Linux.Cgroups;

namespace Insula.Pods.Launch;

/// <summary>Requests and limits as cgroup settings, with the kubelet's arithmetic.</summary>
internal static class ContainerResources
{
    private const long PeriodMicroseconds = 100_000;
    private const long LeastQuotaMicroseconds = 1000;
    private const ulong LeastShares = 2;
    private const ulong MostShares = 262_144;

    /// <summary>One container's limits.</summary>
    public static CgroupSettings Of(ResourceRequirements resources)
    {
        var cpuLimit = Milli(resources.Limits, "cpu");
        var cpuRequest = Milli(resources.Requests, "cpu") ?? cpuLimit;
        var memory = Value(resources.Limits, "memory");

        // A container is ended whole, as the kubelet has it on cgroup2: half of it alive would look healthy and be broken.
        return Settings(cpuRequest ?? 0, cpuLimit, memory, null) with { OomGroup = true };
    }

    /// <summary>
    /// The pod's limits: what its containers may use together. A limit holds for the pod only when every container has
    /// one; init containers run alone, so the largest of them counts, with the sidecars before it beside it.
    /// </summary>
    public static CgroupSettings OfPod(PodSpec spec, long pidsLimit)
    {
        var cpuRequest = PodResources.Requested(spec, "cpu");
        var cpuLimit = PodResources.Total(spec, r => Milli(r.Limits, "cpu"));
        var memory = PodResources.Total(spec, r => Value(r.Limits, "memory"));
        return Settings(cpuRequest, cpuLimit, memory, pidsLimit > 0 ? pidsLimit : null);
    }

    /// <summary>The kernel's out-of-memory preference, −1000 (never) to 1000 (first), by QoS class as the kubelet has it.</summary>
    public static int OomScoreAdj(string qosClass, ResourceRequirements resources, long machineMemory)
    {
        switch (qosClass)
        {
            case QosClasses.Guaranteed:
                return -997;
            case QosClasses.BestEffort:
                return 1000;
            default:
                var request = Value(resources.Requests, "memory") ?? Value(resources.Limits, "memory") ?? 0;
                var score = 1000 - (int)(1000L * (request / 1024) / Math.Max(machineMemory / 1024, 1));
                return Math.Clamp(score, 3, 999);
        }
    }

    private static CgroupSettings Settings(long cpuRequestMilli, long? cpuLimitMilli, long? memory, long? pids) => new()
    {
        CpuShares = Math.Clamp((ulong)Math.Max(cpuRequestMilli, 0) * 1024 / 1000, LeastShares, MostShares),
        CpuQuotaMicroseconds = cpuLimitMilli is > 0 and var limit ? Math.Max(limit * (PeriodMicroseconds / 1000), LeastQuotaMicroseconds) : null,
        CpuPeriodMicroseconds = cpuLimitMilli is > 0 ? PeriodMicroseconds : null,
        MemoryMax = memory is > 0 ? memory : null,
        MemorySwapMax = memory is > 0 ? 0 : null, // a memory limit that could be passed by swapping would be none
        PidsMax = pids,
    };

    private static long? Milli(IReadOnlyDictionary<string, Quantity> list, string name) =>
        list.TryGetValue(name, out var quantity) ? quantity.MilliValue : null;

    private static long? Value(IReadOnlyDictionary<string, Quantity> list, string name) =>
        list.TryGetValue(name, out var quantity) ? quantity.Value : null;
}
