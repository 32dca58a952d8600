using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Insula.Api.Core;
using Insula.Network.Services;

namespace Insula.Network.Balancers;

/// <summary>Addresses as people give them: networks and ranges, such as 192.0.2.16/28,192.0.2.100-192.0.2.110,2001:db8::/120. Pure.</summary>
public sealed class AddressRanges
{
    /// <summary>The most addresses in all.</summary>
    public const int Most = 1 << 16;

    private readonly string _text;
    private readonly List<(PackedAddress First, PackedAddress Last)> _ranges;

    private AddressRanges(string text, List<(PackedAddress First, PackedAddress Last)> ranges) => (_text, _ranges) = (text, ranges);

    /// <summary>No addresses.</summary>
    public static AddressRanges None { get; } = new("", []);

    /// <summary>How many there are.</summary>
    public int Count => _ranges.Sum(r => (int)CountOf(r));

    /// <summary>Those of a family (<see cref="IPFamilies"/>), in the order they were given in.</summary>
    public IEnumerable<IPAddress> Of(string family) =>
        from range in _ranges
        where range.First.IsV6 == (family == IPFamilies.IPv6)
        from i in Enumerable.Range(0, (int)CountOf(range))
        select (range.First with { Low = range.First.Low + (ulong)i }).ToAddress();

    /// <summary>Reads them; null when this is no list of such.</summary>
    public static AddressRanges? TryParse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ranges = new List<(PackedAddress First, PackedAddress Last)>();
        var count = 0UL;
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (Read(part) is not { } range || !IsUsable(range.First) || !IsUsable(range.Last) || CountOf(range) > Most || (count += CountOf(range)) > Most
                || ranges.Any(r => r.First <= range.Last && range.First <= r.Last))
            {
                return null;
            }

            ranges.Add(range);
        }

        return new AddressRanges(text, ranges);
    }

    /// <summary>Whether an address is one of them.</summary>
    public bool Contains(IPAddress address) => PackedAddress.Of(address) is var packed && _ranges.Any(r => r.First <= packed && packed <= r.Last);

    /// <inheritdoc/>
    public override string ToString() => _text;

    /// <summary>How many a range has; of one too large to count, as many as fit.</summary>
    private static ulong CountOf((PackedAddress First, PackedAddress Last) range) =>
        range.First.High == range.Last.High && range.Last.Low - range.First.Low is < ulong.MaxValue and var more ? more + 1 : ulong.MaxValue;

    private static (PackedAddress First, PackedAddress Last)? Read(string part)
    {
        var dash = part.IndexOf('-', StringComparison.Ordinal);
        if (dash >= 0)
        {
            return Address(part[..dash].TrimEnd()) is { } first && Address(part[(dash + 1)..].TrimStart()) is { } last && first.IsV6 == last.IsV6 && first <= last
                ? (first, last) : null;
        }

        var slash = part.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
        {
            return Address(part) is { } one ? (one, one) : null;
        }

        if (Address(part[..slash]) is not { } address || !int.TryParse(part.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || length < 1 || length > (address.IsV6 ? 128 : 32))
        {
            return null;
        }

        var network = new IPNetwork(address.ToAddress(), length);
        return PackedAddress.Of(network.BaseAddress) == address ? (address, SourceRanges.Last(network)) : null;
    }

    // 0.0.0.0/8, the loopback, and what is multicast or reserved are nobody's; nor are link-local addresses, which each link has for itself.
    private static bool IsUsable(PackedAddress address) => address.IsV6
        ? address.ToAddress() is { IsIPv6LinkLocal: false, IsIPv6Multicast: false } wide && !IPAddress.IsLoopback(wide) && !address.IsAny
        : ((address.Low >> 24) & 0xff) is not 0 and not 127 and < 224;

    private static PackedAddress? Address(string text) => IPFamilies.Of(text) is not null ? PackedAddress.Parse(text) : null;
}
