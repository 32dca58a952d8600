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
    public HashSet<uint> Alone { get; } = [];

    /// <summary>Addresses of targets that may be led back to themselves.</summary>
    public HashSet<uint> Hairpin { get; } = [];

    /// <summary>Asks the kernel.</summary>
    public static KernelState Read(NftSocket socket, string table)
    {
        var state = new KernelState();
        foreach (var size in SlotTable.Sizes)
        {
            var slots = state.Slots[size];
            Each(socket, table, ServiceRules.SlotMap(size), ServiceElements.SlotLength, ServiceElements.TargetLength, (key, data) =>
            {
                var frontend = ServiceElements.ReadFrontend(key);
                if (!slots.TryGetValue(frontend, out var all))
                {
                    slots[frontend] = all = new Target[size];
                }

                if (ServiceElements.ReadSlot(key) is var slot && slot >= 0 && slot < size)
                {
                    all[slot] = ServiceElements.ReadTarget(data);
                }
            });
        }

        foreach (var seconds in socket.ListSets(table).Select(ServiceRules.StickyTime).OfType<int>())
        {
            var sticky = state.Sticky[seconds] = [];
            Each(socket, table, ServiceRules.StickySet(seconds), ServiceElements.FrontendLength, 0, (key, _) => sticky.Add(ServiceElements.ReadFrontend(key)));
        }

        Each(socket, table, ServiceRules.DoorSet, ServiceElements.PortLength, 0, (key, _) => state.Doors.Add(ServiceElements.ReadPort(key)));
        Each(socket, table, ServiceRules.NodePortSet, ServiceElements.PortLength, 0, (key, _) => state.NodePorts.Add(ServiceElements.ReadPort(key)));
        Each(socket, table, ServiceRules.BalancerSet, ServiceElements.FrontendLength, 0, (key, _) => state.Balanced.Add(ServiceElements.ReadFrontend(key)));
        Each(socket, table, ServiceRules.GuardedSet, ServiceElements.FrontendLength, 0, (key, _) => state.Guarded.Add(ServiceElements.ReadFrontend(key)));
        Each(socket, table, ServiceRules.SourceSet, ServiceElements.SourceLength, ServiceElements.SourceLength, state.AddSource);
        Each(socket, table, ServiceRules.BalancerAddressSet, ServiceElements.AddressLength, 0, (key, _) => state.Alone.Add(ServiceElements.ReadAddress(key)));
        Each(socket, table, ServiceRules.HairpinSet, ServiceElements.HairpinLength, 0, (key, _) => state.Hairpin.Add(ServiceElements.ReadHairpin(key)));
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

    private void AddSource(ReadOnlySpan<byte> first, ReadOnlySpan<byte> last)
    {
        var frontend = ServiceElements.ReadFrontend(first);
        if (ServiceElements.ReadClients(first, last) is { } range)
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
