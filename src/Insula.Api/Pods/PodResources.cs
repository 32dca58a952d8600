using Insula.Api.Core;
using Insula.Api.Values;

namespace Insula.Api.Pods;

/// <summary>What a pod's containers request and may use together: init containers run alone, so the largest of them counts, with the sidecars before it beside it (KEP-753).</summary>
public static class PodResources
{
    /// <summary>What containers keep on the daemon's disk: writable layers and logs, and emptyDir volumes.</summary>
    public const string EphemeralStorage = "ephemeral-storage";

    private const string Cpu = "cpu";

    /// <summary>A total over the containers as they run; null where one that counts has null.</summary>
    public static long? Total(PodSpec spec, Func<ResourceRequirements, long?> of)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(of);
        long? sidecars = 0;
        long? largestInit = 0;
        foreach (var init in spec.InitContainers)
        {
            var own = of(init.Resources);
            if (init.RestartPolicy == RestartPolicies.Always)
            {
                sidecars = Sum(sidecars, own);
                largestInit = Larger(largestInit, sidecars);
            }
            else
            {
                largestInit = Larger(largestInit, Sum(own, sidecars));
            }
        }

        return Larger(spec.Containers.Aggregate(sidecars, (sum, c) => Sum(sum, of(c.Resources))), largestInit);
    }

    /// <summary>What is requested of a resource, in thousandths for cpu; a limit without a request is one. What the pod says as a whole counts (KEP-2837).</summary>
    public static long Requested(PodSpec spec, string resource)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return spec.Resources is { } whole && (Amount(whole.Requests, resource) ?? Amount(whole.Limits, resource)) is { } amount ? amount : RequestedByContainers(spec, resource);
    }

    /// <summary>What the containers request of a resource.</summary>
    internal static long RequestedByContainers(PodSpec spec, string resource) => Total(spec, r => Amount(r.Requests, resource) ?? Amount(r.Limits, resource) ?? 0)!.Value;

    /// <summary>What of a resource may be used by the containers that have a limit, or by the pod as a whole when that has one, in thousandths for cpu.</summary>
    public static long Limited(PodSpec spec, string resource)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return spec.Resources is { } whole && Amount(whole.Limits, resource) is { } amount ? amount : Total(spec, r => Amount(r.Limits, resource) ?? 0)!.Value;
    }

    /// <summary>Whether the pod says something as a whole.</summary>
    public static bool AreOfPod(PodSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return spec.Resources is { } whole && (whole.Requests.Count > 0 || whole.Limits.Count > 0);
    }

    /// <summary>What a container's group is held to: without a limit of its own it may use what the pod may.</summary>
    public static ResourceRequirements InPod(PodSpec spec, ResourceRequirements own)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(own);
        return spec.Resources is not { Limits.Count: > 0 } whole ? own
            : own with { Limits = own.Limits.Where(l => !l.Value.IsZero || !whole.Limits.ContainsKey(l.Key)).Concat(whole.Limits.Where(l => !own.Limits.TryGetValue(l.Key, out var there) || there.IsZero)).ToDictionary() };
    }

    /// <summary>
    /// What of a resource is counted for a pod that exists, in thousandths for cpu: the most of what it wants, what is set aside for it and what it is
    /// held to, which differ while a change is under way (KEP-1287). What it wants and the machine will never have is not counted.
    /// </summary>
    public static long Counted(Pod pod, string resource)
    {
        ArgumentNullException.ThrowIfNull(pod);
        var wanted = Requested(pod.Spec, resource);
        var statuses = pod.Status.InitContainerStatuses.Concat(pod.Status.ContainerStatuses).Where(s => s.Resources is not null).ToDictionary(s => s.Name);
        if (statuses.Count == 0)
        {
            return wanted;
        }

        var isInfeasible = pod.Status.Conditions.Any(c => c is { Type: PodConditionTypes.PodResizePending, Status: ConditionStatuses.True, Reason: PodResizeReasons.Infeasible });
        var held = Math.Max(
            Requested(With(pod.Spec, name => statuses.TryGetValue(name, out var s) ? new ResourceRequirements { Requests = s.AllocatedResources } : null), resource),
            Requested(With(pod.Spec, name => statuses.TryGetValue(name, out var s) ? s.Resources : null), resource));
        return isInfeasible ? held : Math.Max(wanted, held);
    }

    /// <summary>The same containers with other resources.</summary>
    /// <param name="spec">The pod's specification.</param>
    /// <param name="resources">The resources of a container by its name; null leaves it those it has.</param>
    public static PodSpec With(PodSpec spec, Func<string, ResourceRequirements?> resources)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(resources);
        return spec with { InitContainers = [.. spec.InitContainers.Select(Changed)], Containers = [.. spec.Containers.Select(Changed)] };

        Container Changed(Container container) => resources(container.Name) is { } other ? container with { Resources = other } : container;
    }

    /// <summary>Whether two lists have the same amount of a resource; what is not there is not the same as zero.</summary>
    public static bool AreSame(IReadOnlyDictionary<string, Quantity> one, IReadOnlyDictionary<string, Quantity> other, string resource)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        return one.TryGetValue(resource, out var first) ? other.TryGetValue(resource, out var second) && first == second : !other.ContainsKey(resource);
    }

    /// <summary>Whether two lists have the same amounts of everything.</summary>
    public static bool AreSame(IReadOnlyDictionary<string, Quantity> one, IReadOnlyDictionary<string, Quantity> other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        return one.Count == other.Count && one.Keys.All(name => AreSame(one, other, name));
    }

    /// <summary>An amount of a list, in thousandths for cpu; null when it is not there.</summary>
    public static long? Amount(IReadOnlyDictionary<string, Quantity> list, string resource)
    {
        ArgumentNullException.ThrowIfNull(list);
        return !list.TryGetValue(resource, out var quantity) ? null : resource == Cpu ? quantity.MilliValue : quantity.Value;
    }

    /// <summary>The same as a quantity.</summary>
    public static Quantity Quantity(string resource, long amount) =>
        resource == Cpu ? Values.Quantity.FromMilli(amount) : Values.Quantity.FromUnits(amount, resource is "memory" or EphemeralStorage or "storage" || HugePages.Is(resource) ? QuantityFormat.BinarySI : QuantityFormat.DecimalSI);

    private static long? Sum(long? a, long? b) => a is null || b is null ? null : a > long.MaxValue - b ? long.MaxValue : a + b;

    // Null (no limit) wins over any number.
    private static long? Larger(long? a, long? b) => a is null || b is null ? null : Math.Max(a.Value, b.Value);
}
