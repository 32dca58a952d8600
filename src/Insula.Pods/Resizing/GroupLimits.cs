using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Api.Values;

namespace Insula.Pods.Resizing;

/// <summary>What a pod's or a container's group is held to.</summary>
/// <param name="CpuRequest">Its share when the machine is busy, in thousandths of a processor.</param>
/// <param name="CpuLimit">Most time, in thousandths of a processor; null for no limit.</param>
/// <param name="Memory">Most memory, bytes; null for no limit.</param>
public sealed record GroupLimits(long CpuRequest, long? CpuLimit, long? Memory)
{
    /// <summary>What of memory is protected where that is wanted, bytes.</summary>
    public long MemoryRequest { get; init; }

    /// <summary>The resources that can change, in the order in which they do.</summary>
    internal static IReadOnlyList<string> Resources { get; } = ["memory", "cpu"];

    /// <summary>Those of a container: without a limit of its own it may use what the pod as a whole may.</summary>
    /// <param name="spec">Its pod.</param>
    /// <param name="own">Its own resources.</param>
    public static GroupLimits OfContainer(PodSpec spec, ResourceRequirements own)
    {
        var resources = PodResources.InPod(spec, own);
        var cpu = Limit(resources, "cpu");
        return new(PodResources.Amount(resources.Requests, "cpu") ?? cpu ?? 0, cpu, Limit(resources, "memory"))
        {
            MemoryRequest = PodResources.Amount(own.Requests, "memory") ?? Limit(own, "memory") ?? 0,
        };
    }

    /// <summary>
    /// Those of a pod: what it says as a whole, else what its containers may use together. Then a limit holds for the pod only when every container has
    /// one; init containers run alone, so the largest of them counts, with the sidecars before it beside it.
    /// </summary>
    public static GroupLimits OfPod(PodSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return new(PodResources.Requested(spec, "cpu"), OfWhole("cpu"), OfWhole("memory")) { MemoryRequest = PodResources.Requested(spec, "memory") };

        long? OfWhole(string resource) => (spec.Resources is { } whole ? Limit(whole, resource) : null) ?? PodResources.Total(spec, r => Limit(r, resource));
    }

    /// <summary>A share that is not known, and so is none that anybody wants.</summary>
    internal const long Unknown = -1;

    /// <summary>As a manifest would say it; a share that is not known is none.</summary>
    internal ResourceRequirements AsAmounts()
    {
        var limits = new Dictionary<string, Quantity>();
        if (CpuLimit is { } cpu)
        {
            limits["cpu"] = PodResources.Quantity("cpu", cpu);
        }

        if (Memory is { } memory)
        {
            limits["memory"] = PodResources.Quantity("memory", memory);
        }

        return new ResourceRequirements { Limits = limits, Requests = new Dictionary<string, Quantity> { ["cpu"] = Quantity.Zero, ["memory"] = Quantity.Zero } };
    }

    /// <summary>The limit of a resource; null for none.</summary>
    internal long? LimitOf(string resource) => resource == "cpu" ? CpuLimit : Memory;

    /// <summary>The same, but for a resource, which is as in others.</summary>
    internal GroupLimits With(string resource, GroupLimits other) =>
        resource == "cpu" ? this with { CpuRequest = other.CpuRequest, CpuLimit = other.CpuLimit } : this with { Memory = other.Memory, MemoryRequest = other.MemoryRequest };

    // Nobody is held to nothing: 0 is no limit.
    private static long? Limit(ResourceRequirements resources, string name) => PodResources.Amount(resources.Limits, name) is > 0 and var limit ? limit : null;
}
