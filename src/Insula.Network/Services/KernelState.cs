using System.Net;
using Insula.Linux.Netlink;

namespace Insula.Network.Services;

/// <summary>What the kernel's maps of Services hold.</summary>
internal sealed class KernelState
{
    /// <summary>The slots of each size, by frontend; one that leads nowhere is not in the map.</summary>
    public Dictionary<int, Dictionary<Frontend, Target[]>> Slots { get; } = SlotTable.Sizes.ToDictionary(s => s, _ => new Dictionary<Frontend, Target[]>());

    /// <summary>Sticky frontends, by time-out.</summary>
    public Dictionary<int, HashSet<Frontend>> Sticky { get; } = [];

    /// <summary>Ports of the machine that lead to pods.</summary>
    public HashSet<Frontend> Doors { get; } = [];

    /// <summary>Those of them that are Services'.</summary>
    public HashSet<Frontend> NodePorts { get; } = [];

    /// <summary>Addresses and ports that load balancers gave.</summary>
    public HashSet<Frontend> Balanced { get; } = [];

    /// <summary>Those of them with sources.</summary>
    public HashSet<Frontend> Guarded { get; } = [];

    /// <summary>The sources.</summary>
    public Dictionary<Frontend, HashSet<IPNetwork>> Sources { get; } = [];

    /// <summary>Addresses that are Services' alone.</summary>
    public HashSet<PackedAddress> Alone { get; } = [];

    /// <summary>Addresses of targets that may be led back to themselves.</summary>
    public HashSet<PackedAddress> Hairpin { get; } = [];

    /// <summary>Asks the kernel.</summary>
    public static KernelState Read(NftSocket socket, string table)
    {
        var state = new KernelState();
        var sets = socket.ListSets(table).ToHashSet();
        foreach (var seconds in sets.Select(ServiceRules.StickyTime).OfType<int>())
        {
            state.Sticky[seconds] = [];
        }

        foreach (var family in ServiceElements.Families)
        {
            state.Read(socket, table, family, sets);
        }

        return state;
    }

    /// <summary>Calls back for each element of a set or map.</summary>
    public static void Each(NftSocket socket, string table, string set, int keyLength, int dataLength, ElementReader read)
    {
        foreach (var piece in socket.ListElements(table, set, keyLength, dataLength))
        {
            for (var at = 0; at < piece.Length; at += keyLength + dataLength)
            {
                read(piece.AsSpan(at, keyLength), piece.AsSpan(at + keyLength, dataLength));
            }
        }
    }

    /// <summary>The targets of a frontend.</summary>
    public HashSet<Target> TargetsOf(Frontend frontend) =>
        [.. Slots.Values.SelectMany(s => s.TryGetValue(frontend, out var slots) ? slots : []).Where(t => !t.IsNone)];

    private void Read(NftSocket socket, string table, ServiceElements family, HashSet<string> sets)
    {
        foreach (var (size, slots) in Slots)
        {
            Each(socket, table, family.Name(ServiceRules.SlotMap(size)), family.SlotLength, family.TargetLength, (key, data) =>
            {
                var frontend = family.ReadFrontend(key);
                if (!slots.TryGetValue(frontend, out var all))
                {
                    slots[frontend] = all = new Target[size];
                }

                if (family.ReadSlot(key) is var slot && slot >= 0 && slot < size)
                {
                    all[slot] = family.ReadTarget(data);
                }
            });
        }

        // A daemon of before IPv6 made those of IPv4 alone.
        foreach (var (seconds, sticky) in Sticky.Where(s => sets.Contains(family.Name(ServiceRules.StickySet(s.Key)))))
        {
            Each(socket, table, family.Name(ServiceRules.StickySet(seconds)), family.FrontendLength, 0, (key, _) => sticky.Add(family.ReadFrontend(key)));
        }

        Each(socket, table, family.Name(ServiceRules.DoorSet), ServiceElements.PortLength, 0, (key, _) => Doors.Add(family.ReadPort(key)));
        Each(socket, table, family.Name(ServiceRules.NodePortSet), ServiceElements.PortLength, 0, (key, _) => NodePorts.Add(family.ReadPort(key)));
        Each(socket, table, family.Name(ServiceRules.BalancerSet), family.FrontendLength, 0, (key, _) => Balanced.Add(family.ReadFrontend(key)));
        Each(socket, table, family.Name(ServiceRules.GuardedSet), family.FrontendLength, 0, (key, _) => Guarded.Add(family.ReadFrontend(key)));
        Each(socket, table, family.Name(ServiceRules.SourceSet), family.SourceLength, family.SourceLength, (first, last) => AddSource(family, first, last));
        Each(socket, table, family.Name(ServiceRules.BalancerAddressSet), family.AddressLength, 0, (key, _) => Alone.Add(family.ReadAddress(key)));
        Each(socket, table, family.Name(ServiceRules.HairpinSet), family.HairpinLength, 0, (key, _) => Hairpin.Add(family.ReadAddress(key)));
    }

    private void AddSource(ServiceElements family, ReadOnlySpan<byte> first, ReadOnlySpan<byte> last)
    {
        var frontend = family.ReadFrontend(first);
        if (family.ReadClients(first, last) is { } range)
        {
            if (!Sources.TryGetValue(frontend, out var ranges))
            {
                Sources[frontend] = ranges = [];
            }

            ranges.Add(range);
        }
    }

    /// <summary>Reads one element.</summary>
    public delegate void ElementReader(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data);
}
