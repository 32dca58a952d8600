using Insula.Api.Core;
using Insula.Linux.Cgroups;
using Insula.Pods.Resizing;

namespace Insula.Pods.Launch;

/// <summary>What the kernel is told of a pod's memory beside limits. For cgroup2 alone. Pure.</summary>
/// <param name="Rules">The machine's rules.</param>
/// <param name="QosClass">The pod's class.</param>
/// <param name="IsCritical">Whether the machine cannot do without it: such pods do not swap.</param>
internal sealed record PodMemory(MemoryQos Rules, string QosClass, bool IsCritical)
{
    private static readonly long s_page = Environment.SystemPageSize;

    /// <summary>The settings of a container with what it is told of memory.</summary>
    public CgroupSettings OfContainer(CgroupSettings settings, GroupLimits limits) =>
        Protected(settings, limits) with { MemoryHigh = High(limits), MemorySwapMax = Swap(settings, limits) };

    /// <summary>The settings of a pod with what it is told of memory: it is throttled by its containers alone, and swaps what they may.</summary>
    public CgroupSettings OfPod(CgroupSettings settings, GroupLimits limits) => Protected(settings, limits) with
    {
        MemorySwapMax = Rules.Swap switch { null => settings.MemorySwapMax, SwapBehavior.NoSwap => 0, _ => null },
    };

    private CgroupSettings Protected(CgroupSettings settings, GroupLimits limits) => settings with
    {
        MemoryMin = Rules.Reserves && QosClass == QosClasses.Guaranteed ? Requested(limits) : null,
        MemoryLow = Rules.Reserves && QosClass == QosClasses.Burstable ? Requested(limits) : null,
    };

    private static long? Requested(GroupLimits limits) => limits.MemoryRequest > 0 ? limits.MemoryRequest : null;

    // In whole pages, as the kernel keeps it. What leaves no room above the request would slow down who keeps to it.
    private long? High(GroupLimits limits)
    {
        var (request, most) = (Math.Max(limits.MemoryRequest, 0), limits.Memory ?? Rules.Allocatable);
        if (Rules.Factor is not { } factor || QosClass == QosClasses.Guaranteed || most <= request)
        {
            return null;
        }

        var high = (long)Math.Floor((request + ((double)(most - request) * factor)) / s_page) * s_page;
        return high > request && high < most ? high : null;
    }

    // A share of the machine's swap as large as that of its memory which is requested. Who requests nothing has none, nor who may use no more than that.
    private long? Swap(CgroupSettings settings, GroupLimits limits)
    {
        if (Rules.Swap != SwapBehavior.LimitedSwap)
        {
            return Rules.Swap is null ? settings.MemorySwapMax : 0;
        }

        return QosClass != QosClasses.Burstable || IsCritical || limits.MemoryRequest <= 0 || limits.MemoryRequest == limits.Memory || Rules.MachineMemory <= 0
            ? 0
            : Math.Min((long)((double)limits.MemoryRequest / Rules.MachineMemory * Rules.MachineSwap), Rules.MachineSwap);
    }
}
