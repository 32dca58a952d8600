using System.Runtime.InteropServices;

namespace Insula.Linux.Netlink;

/// <summary>What a link has carried since it was made (struct rtnl_link_stats64, linux/if_link.h).</summary>
/// <param name="Received">What came in.</param>
/// <param name="Sent">What went out.</param>
public sealed record LinkTraffic(LinkCounters Received, LinkCounters Sent)
{
    /// <summary>The same link seen from its other end.</summary>
    public LinkTraffic OtherEnd => new(Sent, Received);

    /// <summary>Reads IFLA_STATS64, whose first eight numbers are packets, bytes, errors and drops of both directions in turn.</summary>
    internal static LinkTraffic From(ReadOnlySpan<byte> value)
    {
        const int Needed = 8;
        ReadOnlySpan<ulong> numbers = MemoryMarshal.Cast<byte, ulong>(value);
        return numbers.Length < Needed
            ? throw new InvalidDataException($"netlink: a link's counters are {value.Length} bytes long")
            : new(new(numbers[2], numbers[0], numbers[4], numbers[6]), new(numbers[3], numbers[1], numbers[5], numbers[7]));
    }
}
