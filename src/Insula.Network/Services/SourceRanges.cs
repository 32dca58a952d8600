using System.Net;
using Insula.Api.Core;

namespace Insula.Network.Services;

/// <summary>Networks that may come by a load balancer's address. Pure.</summary>
internal static class SourceRanges
{
    /// <summary>
    /// Those of a valid Service that are of a family, none within another, which the kernel's set would refuse; null: all may come. A family that
    /// none of them is of may not come at all.
    /// </summary>
    public static IReadOnlyList<IPNetwork>? Of(ServiceSpec spec, string family)
    {
        if (spec.LoadBalancerSourceRanges.Count == 0)
        {
            return null;
        }

        var wide = new List<IPNetwork>();
        foreach (var range in spec.LoadBalancerSourceRanges.Select(r => IPNetwork.Parse(r.Trim()))
            .Where(r => IPFamilies.Of(r.BaseAddress.ToString()) == family).OrderBy(r => r.PrefixLength))
        {
            if (!wide.Any(w => w.Contains(range.BaseAddress)))
            {
                wide.Add(range);
            }
        }

        return wide.Any(w => w.PrefixLength == 0) ? null : wide;
    }

    /// <summary>The last address of a network.</summary>
    public static PackedAddress Last(IPNetwork range)
    {
        var bytes = range.BaseAddress.GetAddressBytes();
        for (var bit = range.PrefixLength; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] |= (byte)(0x80 >> (bit % 8));
        }

        return PackedAddress.Read(bytes);
    }

    /// <summary>The network from a first to a last address; null when they are those of none.</summary>
    public static IPNetwork? Between(PackedAddress first, PackedAddress last)
    {
        var differing = (UInt128)(first.High ^ last.High) << 64 | (first.Low ^ last.Low);
        var network = new IPNetwork(first.ToAddress(), (int)UInt128.LeadingZeroCount(differing) - (first.IsV6 ? 0 : 96));
        return Last(network) == last ? network : null;
    }
}
