using System.Net;
using System.Net.Sockets;
using Insula.Api.Core;

namespace Insula.Network.Services;

/// <summary>Networks that may come by a load balancer's address. Pure.</summary>
internal static class SourceRanges
{
    /// <summary>Those of a valid Service that are IPv4, none within another, which the kernel's set would refuse; null: all may come.</summary>
    public static IReadOnlyList<IPNetwork>? Of(ServiceSpec spec)
    {
        if (spec.LoadBalancerSourceRanges.Count == 0)
        {
            return null;
        }

        var wide = new List<IPNetwork>();
        foreach (var range in spec.LoadBalancerSourceRanges.Select(r => IPNetwork.Parse(r.Trim()))
            .Where(r => r.BaseAddress.AddressFamily == AddressFamily.InterNetwork).OrderBy(r => r.PrefixLength))
        {
            if (!wide.Any(w => w.Contains(range.BaseAddress)))
            {
                wide.Add(range);
            }
        }

        return wide.Any(w => w.PrefixLength == 0) ? null : wide;
    }

    /// <summary>The last address of a network, as a number.</summary>
    public static uint Last(IPNetwork range) => Frontend.NumberOf(range.BaseAddress) | (uint)(uint.MaxValue >> range.PrefixLength);
}
