using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Linux.Cgroups;
using Insula.Pods.Eviction;

namespace Insula.Pods.Launch;

/// <summary>What the kernel is told of memory beside limits: where containers are throttled, what of it is protected (KEP-2570), and who may swap (KEP-2400).</summary>
/// <param name="Factor">How much of what lies between request and limit is used before a container is throttled, 0 to 1; null for no throttling.</param>
/// <param name="Reserves">Whether requests are protected: of Guaranteed pods for good, of Burstable ones as long as there is other memory to take.</param>
/// <param name="Allocatable">What stands for the limit of a container that has none, in bytes.</param>
internal sealed record MemoryQos(double? Factor, bool Reserves, long Allocatable)
{
    /// <summary>Nobody is throttled or protected, and who has no limit swaps.</summary>
    public static MemoryQos Off { get; } = new(null, false, 0);

    /// <summary>Who may swap; null: who has no limit.</summary>
    public SwapBehavior? Swap { get; init; }

    /// <summary>The machine's memory, bytes.</summary>
    public long MachineMemory { get; init; }

    /// <summary>The machine's swap, bytes.</summary>
    public long MachineSwap { get; init; }

    /// <summary>The sizes of huge pages that the machine has, in bytes.</summary>
    public IReadOnlyList<long> PageSizes { get; init; } = [];

    /// <summary>The same for a pod.</summary>
    public PodMemory For(Pod pod) => new(this, PodQos.Of(pod.Spec), CriticalPods.Has(pod));

    /// <summary>What the groups of classes protect, and those above them: they pass on what they have.</summary>
    /// <param name="guaranteed">What pods of the class Guaranteed request.</param>
    /// <param name="burstable">What pods of the class Burstable request.</param>
    public IReadOnlyList<(string Group, CgroupSettings Settings)> OfClasses(long guaranteed, long burstable)
    {
        var (min, low) = Reserves ? (guaranteed, burstable) : (0, 0);
        var all = new CgroupSettings { MemoryMin = min, MemoryLow = low };
        return [("", all), ("pods", all), ("pods/guaranteed", new() { MemoryMin = min }), ("pods/burstable", new() { MemoryLow = low })];
    }
}
