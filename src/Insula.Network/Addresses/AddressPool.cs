using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Insula.Network.Addresses;

/// <summary>
/// The addresses of the pod range by slot (the offset in the range). Slot 1 is the host's own; addresses ending in .0 and .255 are left out,
/// since some programs take them for networks and broadcasts. With an IPv6 range a slot means the address of the same offset there too.
/// Never used slots go first, then the one released longest ago. Not thread-safe.
/// </summary>
internal sealed class AddressPool
{
    private const uint HostSlot = 1;

    private readonly HashSet<uint> _used = [];
    private readonly HashSet<uint> _seen = [];
    private readonly Queue<uint> _released = new();
    private readonly uint _size;
    private uint _cursor;

    public AddressPool(IPNetwork range, IPNetwork? rangeV6)
    {
        Check(range, rangeV6);
        Range = range;
        RangeV6 = rangeV6;
        _size = 1u << (32 - range.PrefixLength);
    }

    public IPNetwork Range { get; }

    public IPNetwork? RangeV6 { get; }

    /// <summary>The address this host has in the range.</summary>
    public IPAddress HostAddress => AddressOf(HostSlot);

    /// <summary>The IPv6 address this host has, if there is such a range.</summary>
    public IPAddress? HostAddressV6 => AddressV6Of(HostSlot);

    public int Used => _used.Count;

    /// <summary>Refuses ranges that no pool can be made of.</summary>
    /// <exception cref="NetworkException">Which, and what is allowed.</exception>
    public static void Check(IPNetwork range, IPNetwork? rangeV6)
    {
        if (range.BaseAddress.AddressFamily != AddressFamily.InterNetwork || range.PrefixLength is < 8 or > 29)
        {
            throw new NetworkException($"the pod range {range} cannot be used: give an IPv4 network from /8 to /29, such as 10.83.0.0/16");
        }

        if (rangeV6 is { } v6 && (v6.BaseAddress.AddressFamily != AddressFamily.InterNetworkV6
            || v6.PrefixLength < 32 || 128 - v6.PrefixLength < 32 - range.PrefixLength))
        {
            throw new NetworkException(
                $"the IPv6 pod range {v6} cannot be used: give an IPv6 network from /32 to /{96 + range.PrefixLength} (as large as the IPv4 range), such as fd83::/64");
        }
    }

    /// <summary>Takes a free slot; <see langword="null"/> when there is none.</summary>
    public uint? TryTake()
    {
        for (; _cursor < _size; _cursor++)
        {
            if (IsUsable(_cursor) && _seen.Add(_cursor))
            {
                _used.Add(_cursor);
                return _cursor++;
            }
        }

        if (_released.TryDequeue(out uint slot))
        {
            _used.Add(slot);
            return slot;
        }

        return null;
    }

    /// <summary>Takes this slot; false when it is not one of the pool or is taken. For allocations the kernel remembers, before any <see cref="TryTake"/>.</summary>
    public bool TryClaim(uint slot) => slot < _size && IsUsable(slot) && _seen.Add(slot) && _used.Add(slot);

    /// <summary>Gives a slot back.</summary>
    public void Release(uint slot)
    {
        if (_used.Remove(slot))
        {
            _released.Enqueue(slot);
        }
    }

    /// <summary>The slot of an address; <see langword="null"/> when it is outside the range.</summary>
    public uint? SlotOf(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetwork && Range.Contains(address) ? ToNumber(address) - ToNumber(Range.BaseAddress) : null;

    public IPAddress AddressOf(uint slot)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, ToNumber(Range.BaseAddress) + slot);
        return new IPAddress(bytes);
    }

    public IPAddress? AddressV6Of(uint slot)
    {
        if (RangeV6 is not { } range)
        {
            return null;
        }

        // The check guarantees that the offset fits into the host part.
        byte[] bytes = range.BaseAddress.GetAddressBytes();
        uint low = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(12));
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(12), low + slot);
        return new IPAddress(bytes);
    }

    public IReadOnlyList<IPAddress> AddressesOf(uint slot) => AddressV6Of(slot) is { } v6 ? [AddressOf(slot), v6] : [AddressOf(slot)];

    private static uint ToNumber(IPAddress address) => BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());

    private bool IsUsable(uint slot) => slot != HostSlot && ((ToNumber(Range.BaseAddress) + slot) & 0xff) is not (0 or 255);
}
