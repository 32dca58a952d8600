using Insula.Api.Core;
using Insula.Linux.Cgroups;
using Insula.Pods.Resizing;

namespace Insula.Pods.Launch;

/// <summary>What the kernel is told of memory beside limits (KEP-2570): where containers are throttled, and what of it is protected. For cgroup2 alone. Pure.</summary>
/// <param name="Factor">How much of what lies between request and limit is used before a container is throttled, 0 to 1; null for no throttling.</param>
/// <param name="Reserves">Whether requests are protected: of Guaranteed pods for good, of Burstable ones as long as there is other memory to take.</param>
/// <param name="Allocatable">What stands for the limit of a container that has none, in bytes.</param>
internal sealed record MemoryQos(double? Factor, bool Reserves, long Allocatable)
{
    private static readonly long s_page = Environment.SystemPageSize;

    /// <summary>Nobody is throttled or protected.</summary>
    public static MemoryQos Off { get; } = new(null, false, 0);

    /// <summary>The settings of a container with what it is told of memory.</summary>
    public CgroupSettings OfContainer(CgroupSettings settings, string qosClass, GroupLimits limits) =>
        OfPod(settings, qosClass, limits) with { MemoryHigh = High(qosClass, limits) };

    /// <summary>The settings of a pod with what it is told of memory: it is throttled by its containers alone.</summary>
    public CgroupSettings OfPod(CgroupSettings settings, string qosClass, GroupLimits limits) => settings with
    {
        MemoryMin = Reserves && qosClass == QosClasses.Guaranteed ? Requested(limits) : null,
        MemoryLow = Reserves && qosClass == QosClasses.Burstable ? Requested(limits) : null,
    };

    /// <summary>What the groups of classes protect, and those above them: they pass on what they have.</summary>
    /// <param name="guaranteed">What pods of the class Guaranteed request.</param>
    /// <param name="burstable">What pods of the class Burstable request.</param>
    public IReadOnlyList<(string Group, CgroupSettings Settings)> OfClasses(long guaranteed, long burstable)
    {
        var (min, low) = Reserves ? (guaranteed, burstable) : (0, 0);
        var all = new CgroupSettings { MemoryMin = min, MemoryLow = low };
        return [("", all), ("pods", all), ("pods/guaranteed", new() { MemoryMin = min }), ("pods/burstable", new() { MemoryLow = low })];
    }

    private static long? Requested(GroupLimits limits) => limits.MemoryRequest > 0 ? limits.MemoryRequest : null;

    // In whole pages, as the kernel keeps it. What leaves no room above the request would slow down who keeps to it.
    private long? High(string qosClass, GroupLimits limits)
    {
        var (request, most) = (Math.Max(limits.MemoryRequest, 0), limits.Memory ?? Allocatable);
        if (Factor is not { } factor || qosClass == QosClasses.Guaranteed || most <= request)
        {
            return null;
        }

        var high = (long)Math.Floor((request + ((double)(most - request) * factor)) / s_page) * s_page;
        return high > request && high < most ? high : null;
    }
}
