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

    /// <summary>What is requested of a resource, in thousandths for cpu; a limit without a request is one.</summary>
    public static long Requested(PodSpec spec, string resource) => Total(spec, r => Amount(r.Requests, resource) ?? Amount(r.Limits, resource) ?? 0)!.Value;

    /// <summary>What of a resource may be used by the containers that have a limit, in thousandths for cpu.</summary>
    public static long Limited(PodSpec spec, string resource) => Total(spec, r => Amount(r.Limits, resource) ?? 0)!.Value;

    /// <summary>An amount of a list, in thousandths for cpu; null when it is not there.</summary>
    public static long? Amount(IReadOnlyDictionary<string, Quantity> list, string resource)
    {
        ArgumentNullException.ThrowIfNull(list);
        return !list.TryGetValue(resource, out var quantity) ? null : resource == Cpu ? quantity.MilliValue : quantity.Value;
    }

    /// <summary>The same as a quantity.</summary>
    public static Quantity Quantity(string resource, long amount) =>
        resource == Cpu ? Values.Quantity.FromMilli(amount) : Values.Quantity.FromUnits(amount, resource is "memory" or EphemeralStorage or "storage" ? QuantityFormat.BinarySI : QuantityFormat.DecimalSI);

    private static long? Sum(long? a, long? b) => a is null || b is null ? null : a > long.MaxValue - b ? long.MaxValue : a + b;

    // Null (no limit) wins over any number.
    private static long? Larger(long? a, long? b) => a is null || b is null ? null : Math.Max(a.Value, b.Value);
}
