using System.Globalization;
using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Api.Values;

namespace Insula.Pods.Configs;

/// <summary>What a <c>resourceFieldRef</c> shows: rounded up to whole units, as Kubernetes does. Pure.</summary>
internal static class ResourceValues
{
    /// <summary>The number.</summary>
    /// <param name="resources">The container's limits and requests.</param>
    /// <param name="selector">Which of them, and in which unit.</param>
    /// <param name="processors">How many processors the machine has: the limit of a container without one.</param>
    /// <param name="memory">The same for memory, in bytes.</param>
    public static string Of(ResourceRequirements resources, ResourceFieldSelector selector, int processors, long memory)
    {
        var parts = selector.Resource.Split('.', 2);
        var cpu = parts[^1] == "cpu";
        var amounts = parts[0] == "limits" ? resources.Limits : resources.Requests;
        var standard = parts[0] != "limits" || HugePages.Is(parts[^1]) ? 0 : cpu ? processors * 1000L : memory;
        var amount = amounts.TryGetValue(parts[^1], out var given) ? In(given, cpu) : standard;
        var unit = selector.Divisor is { IsZero: false } divisor ? In(divisor, cpu) : cpu ? 1000 : 1;
        return ((amount + unit - 1) / unit).ToString(CultureInfo.InvariantCulture);
    }

    private static long In(Quantity quantity, bool milli) => milli ? quantity.MilliValue : quantity.Value;
}
