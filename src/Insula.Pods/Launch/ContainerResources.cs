using Insula.Api.Core;
using Insula.Api.Values;
using Insula.Linux.Cgroups;
using Insula.Pods.Lifecycle;

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
        var cpuRequest = RequestOfPod(spec, "cpu");
        var cpuLimit = Total(spec, r => Milli(r.Limits, "cpu"));
        var memory = Total(spec, r => Value(r.Limits, "memory"));
        return Settings(cpuRequest, cpuLimit, memory, pidsLimit > 0 ? pidsLimit : null);
    }

    /// <summary>What a pod's containers request of a resource together, in thousandths for <c>cpu</c>; a limit without a request is one.</summary>
    public static long RequestOfPod(PodSpec spec, string resource)
    {
        Func<IReadOnlyDictionary<string, Quantity>, long?> amount = resource == "cpu" ? list => Milli(list, resource) : list => Value(list, resource);
        return Total(spec, r => amount(r.Requests) ?? amount(r.Limits) ?? 0)!.Value;
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

    private static long? Total(PodSpec spec, Func<ResourceRequirements, long?> of)
    {
        long? sidecars = 0;
        long? largestInit = 0;
        foreach (var init in spec.InitContainers)
        {
            var own = of(init.Resources);
            if (PodShape.IsSidecar(init))
            {
                sidecars += own;
                largestInit = Larger(largestInit, sidecars);
            }
            else
            {
                largestInit = Larger(largestInit, own + sidecars);
            }
        }

        var together = spec.Containers.Aggregate(sidecars, (sum, c) => sum + of(c.Resources));
        return Larger(together, largestInit);
    }

    // Null (no limit) wins over any number.
    private static long? Larger(long? a, long? b) => a is null || b is null ? null : Math.Max(a.Value, b.Value);

    private static long? Milli(IReadOnlyDictionary<string, Quantity> list, string name) =>
        list.TryGetValue(name, out var quantity) ? quantity.MilliValue : null;

    private static long? Value(IReadOnlyDictionary<string, Quantity> list, string name) =>
        list.TryGetValue(name, out var quantity) ? quantity.Value : null;
}
