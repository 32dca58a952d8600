using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Insula.Network.Services;

namespace Insula.Network.Balancers;

/// <summary>IPv4 addresses as people give them: networks and ranges, such as 192.0.2.16/28,192.0.2.100-192.0.2.110. Pure.</summary>
public sealed class AddressRanges
{
    /// <summary>The most addresses in all.</summary>
    public const int Most = 1 << 16;

    private readonly string _text;
    private readonly List<(uint First, uint Last)> _ranges;

    private AddressRanges(string text, List<(uint First, uint Last)> ranges) => (_text, _ranges) = (text, ranges);

    /// <summary>No addresses.</summary>
    public static AddressRanges None { get; } = new("", []);

    /// <summary>How many there are.</summary>
    public int Count => (int)_ranges.Sum(r => (long)r.Last - r.First + 1);

    /// <summary>All of them, in the order they were given in.</summary>
    public IEnumerable<IPAddress> All => _ranges.SelectMany(r => Enumerable.Range(0, (int)(r.Last - r.First + 1)).Select(i => Frontend.AddressOf(r.First + (uint)i)));

    /// <summary>Reads them; null when this is no list of such.</summary>
    public static AddressRanges? TryParse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ranges = new List<(uint First, uint Last)>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (Read(part) is not { } range || !IsUsable(range.First) || !IsUsable(range.Last) || ranges.Any(r => r.First <= range.Last && range.First <= r.Last))
            {
                return null;
            }

            ranges.Add(range);
        }

        var all = new AddressRanges(text, ranges);
        return ranges.Sum(r => (long)r.Last - r.First + 1) <= Most ? all : null;
    }

    /// <summary>Whether an address is one of them.</summary>
    public bool Contains(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.AddressFamily == AddressFamily.InterNetwork && Frontend.NumberOf(address) is var number && _ranges.Any(r => r.First <= number && number <= r.Last);
    }

    /// <inheritdoc/>
    public override string ToString() => _text;

    private static (uint First, uint Last)? Read(string part)
    {
        var dash = part.IndexOf('-', StringComparison.Ordinal);
        if (dash >= 0)
        {
            return Address(part[..dash].TrimEnd()) is { } first && Address(part[(dash + 1)..].TrimStart()) is { } last && first <= last ? (first, last) : null;
        }

        var slash = part.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
        {
            return Address(part) is { } one ? (one, one) : null;
        }

        if (Address(part[..slash]) is not { } address || !int.TryParse(part.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length is < 1 or > 32)
        {
            return null;
        }

        var hosts = (uint)((1UL << (32 - length)) - 1);
        return (address & hosts) == 0 ? (address, address | hosts) : null;
    }

    // 0.0.0.0/8, the loopback, and what is multicast or reserved are nobody's.
    private static bool IsUsable(uint address) => (address >> 24) is not 0 and not 127 and < 224;

    private static uint? Address(string text) =>
        IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetwork && address.ToString() == text ? Frontend.NumberOf(address) : null;
}
