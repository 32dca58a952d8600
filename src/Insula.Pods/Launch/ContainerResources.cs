using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Api.Values;
using Insula.Linux.Cgroups;
using Insula.Pods.Lifecycle;
using Insula.Pods.Resizing;

namespace Insula.Pods.Launch;

/// <summary>Requests and limits as cgroup settings, with the kubelet's arithmetic.</summary>
internal static class ContainerResources
{
    private const long PeriodMicroseconds = 100_000;
    private const long LeastQuotaMicroseconds = 1000;

    /// <summary>A hundred thousand processors. The kernel takes no quota that is much more (kernel/sched/core.c, max_cfs_runtime).</summary>
    private const long MostMilliCpu = 100_000_000;

    private const ulong LeastShares = 2;
    private const ulong MostShares = 262_144;

    /// <summary>One container's limits.</summary>
    public static CgroupSettings Of(PodSpec spec, ResourceRequirements resources, PodMemory memory)
    {
        // A container is ended whole, as the kubelet has it on cgroup2: half of it alive would look healthy and be broken.
        var limits = GroupLimits.OfContainer(spec, resources);
        return memory.OfContainer(Settings(limits), limits) with
        {
            OomGroup = true,

            // Of a pod without any its own group has said it for all.
            HugePages = HugePages.NamesIn(spec).Count == 0 ? null : Pages(memory, name => PodResources.Amount(resources.Limits, name) ?? 0),
        };
    }

    /// <summary>The pod's limits.</summary>
    public static CgroupSettings OfPod(PodSpec spec, long pidsLimit, PodMemory memory)
    {
        var limits = GroupLimits.OfPod(spec);
        return memory.OfPod(Settings(limits), limits) with
        {
            PidsMax = pidsLimit > 0 ? pidsLimit : null,
            HugePages = Pages(memory, name => PodResources.Limited(spec, name)),
        };
    }

    /// <summary>What is written to change a resource of a group that has processes; no limit is written, too.</summary>
    public static CgroupSettings Change(GroupLimits limits, string resource, PodMemory memory, bool isPod)
    {
        var settings = Settings(limits);
        if (resource == "cpu")
        {
            return new CgroupSettings { CpuShares = settings.CpuShares, CpuQuotaMicroseconds = settings.CpuQuotaMicroseconds ?? -1, CpuPeriodMicroseconds = PeriodMicroseconds };
        }

        settings = isPod ? memory.OfPod(settings, limits) : memory.OfContainer(settings, limits);
        return new CgroupSettings
        {
            MemoryMax = settings.MemoryMax ?? -1,
            MemorySwapMax = settings.MemorySwapMax ?? -1,
            MemoryHigh = settings.MemoryHigh ?? -1,
            MemoryMin = settings.MemoryMin ?? 0,
            MemoryLow = settings.MemoryLow ?? 0,
        };
    }

    /// <summary>
    /// The kernel's out-of-memory preference, −1000 (never) to 1000 (first), by QoS class as the kubelet has it. What a pod requests as a whole
    /// beyond its containers is shared among them.
    /// </summary>
    public static int OomScoreAdj(PodSpec spec, ResourceRequirements resources, long machineMemory)
    {
        switch (PodQos.Of(spec))
        {
            case QosClasses.Guaranteed:
                return -997;
            case QosClasses.BestEffort:
                return 1000;
            default:
                var request = (Request(resources) ?? 0) + Rest(spec);
                var score = 1000 - (int)(1000L * (request / 1024) / Math.Max(machineMemory / 1024, 1));
                return Math.Clamp(score, 3, 999);
        }
    }

    // Of every size that the machine has: who requests none gets none, as with a kubelet.
    private static Dictionary<long, long> Pages(PodMemory memory, Func<string, long> limit) => memory.Rules.PageSizes.ToDictionary(size => size, size => limit(HugePages.NameOf(size)));

    private static long Rest(PodSpec spec)
    {
        if (spec.Resources is not { } whole || PodResources.Amount(whole.Requests, "memory") is not { } all)
        {
            return 0;
        }

        var containers = spec.Containers.Concat(spec.InitContainers.Where(PodShape.IsSidecar)).ToList();
        return Math.Max(all - containers.Sum(c => Request(c.Resources) ?? 0), 0) / containers.Count;
    }

    private static long? Request(ResourceRequirements resources) => Value(resources.Requests, "memory") ?? Value(resources.Limits, "memory");

    private static CgroupSettings Settings(GroupLimits limits) => new()
    {
        CpuShares = Math.Clamp((ulong)Math.Clamp(limits.CpuRequest, 0, MostMilliCpu) * 1024 / 1000, LeastShares, MostShares),
        CpuQuotaMicroseconds = limits.CpuLimit is { } cpu ? Math.Max(Math.Min(cpu, MostMilliCpu) * (PeriodMicroseconds / 1000), LeastQuotaMicroseconds) : null,
        CpuPeriodMicroseconds = limits.CpuLimit is not null ? PeriodMicroseconds : null,
        MemoryMax = limits.Memory,
        MemorySwapMax = limits.Memory is not null ? 0 : null, // a memory limit that could be passed by swapping would be none
    };

    private static long? Value(IReadOnlyDictionary<string, Quantity> list, string name) =>
        list.TryGetValue(name, out var quantity) ? quantity.Value : null;
}
