using System.Globalization;
using Insula.Linux.Netlink;

namespace Insula.Network.Services;

/// <summary>
/// The rules by which connections are led from frontends to targets. They are the same for one Service as for ten thousand: what differs is
/// in maps. Only clients that are to be kept at their target cost rules, a few for each time-out that occurs. Each family has its own, in chains
/// and sets of its own (<see cref="ServiceElements.Name"/>).
/// </summary>
internal static class ServiceRules
{
    /// <summary>Connections to Services' addresses, their own and load balancers', come through this chain.</summary>
    public const string ToService = "to_service";

    /// <summary>Connections to the machine's own addresses come through this one.</summary>
    public const string ToNode = "to_node";

    /// <summary>What outside may reach of the pods.</summary>
    public const string Doors = "doors";

    /// <summary>What was let in through a door and leaves the machine again bears the machine's address.</summary>
    public const string DoorSources = "door_sources";

    /// <summary>New connections that were led on from Services' addresses, their own and load balancers', come through this chain, so that clients are remembered.</summary>
    public const string RememberService = "remember_service";

    /// <summary>The same from the machine's own addresses.</summary>
    public const string RememberNode = "remember_node";

    /// <summary>Ports of the machine that lead to pods: protocol, port.</summary>
    public const string DoorSet = "door_ports";

    /// <summary>Ports of the machine that are Services': protocol, port.</summary>
    public const string NodePortSet = "node_ports";

    /// <summary>Addresses and ports that load balancers gave to Services.</summary>
    public const string BalancerSet = "balancer_ports";

    /// <summary>Those of them that not everybody outside may reach.</summary>
    public const string GuardedSet = "balancer_guarded";

    /// <summary>Who may reach those: address, protocol, port, and the client's network.</summary>
    public const string SourceSet = "balancer_sources";

    /// <summary>Addresses that are Services' alone.</summary>
    public const string BalancerAddressSet = "balancer_addresses";

    /// <summary>Addresses of targets, each twice.</summary>
    public const string HairpinSet = "hairpin";

    private const string StickyPrefix = "sticky_";

    // Bounds what clients from outside can make the kernel remember.
    private const uint MostClients = 1 << 18;

    /// <summary>The map of the slots of one size.</summary>
    public static string SlotMap(int size) => string.Create(CultureInfo.InvariantCulture, $"endpoints{size}");

    /// <summary>The set of frontends whose clients are kept for so long.</summary>
    public static string StickySet(int seconds) => string.Create(CultureInfo.InvariantCulture, $"{StickyPrefix}{seconds}");

    /// <summary>The map of clients that are kept for so long.</summary>
    public static string ClientMap(int seconds) => string.Create(CultureInfo.InvariantCulture, $"clients_{seconds}");

    /// <summary>The time-out of a set of sticky frontends; null when it is none.</summary>
    public static int? StickyTime(string set) =>
        set.StartsWith(StickyPrefix, StringComparison.Ordinal) && int.TryParse(set.AsSpan(StickyPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : null;

    /// <summary>Writes all rules anew.</summary>
    /// <param name="batch">What is to be done.</param>
    /// <param name="times">The time-outs there are then.</param>
    /// <param name="before">Those there are now; what only they need goes.</param>
    public static void Write(NftBatch batch, IReadOnlyCollection<int> times, IReadOnlyCollection<int> before)
    {
        foreach (var family in ServiceElements.Families)
        {
            // Also those that go: a daemon of before IPv6 made them for IPv4 alone, and what is not there cannot be deleted.
            foreach (var seconds in times.Union(before))
            {
                AddSets(batch, family, seconds);
            }

            foreach (var chain in (string[])[ToService, ToNode, RememberService, RememberNode, Doors, DoorSources])
            {
                batch.FlushChain(family.Name(chain));
            }

            foreach (var seconds in before.Except(times))
            {
                batch.DeleteSet(family.Name(StickySet(seconds))).DeleteSet(family.Name(ClientMap(seconds)));
            }

            AddRules(batch, new ServiceRuleForms(family), times);
        }
    }

    private static void AddSets(NftBatch batch, ServiceElements family, int seconds)
    {
        uint[] frontend = [family.AddressType, NftSetType.Protocol, NftSetType.Service];
        batch.AddSet(family.Name(StickySet(seconds)), new NftSetType(frontend, family.FrontendLength));
        batch.AddSet(family.Name(ClientMap(seconds)), new NftSetType([family.AddressType, .. frontend], family.ClientLength)
        {
            DataTypes = [family.AddressType, NftSetType.Service],
            DataLength = family.TargetLength,
            IsDynamic = true,
            Size = MostClients,
        });
    }

    private static void AddRules(NftBatch batch, ServiceRuleForms forms, IReadOnlyCollection<int> times)
    {
        string Name(string chain) => forms.Family.Name(chain);

        // A host port at one address of the machine goes before one at all of them.
        batch.AddRule(Name(ToNode), forms.Lead(SlotTable.Sizes[0], ofNode: false));
        foreach (var ofNode in (bool[])[false, true])
        {
            foreach (var seconds in times)
            {
                batch.AddRule(Name(ofNode ? ToNode : ToService), forms.Kept(seconds, ofNode));
                batch.AddRule(Name(ofNode ? RememberNode : RememberService), forms.Remember(seconds, ofNode));
            }

            foreach (var size in SlotTable.Sizes)
            {
                batch.AddRule(Name(ofNode ? ToNode : ToService), forms.Lead(size, ofNode));
            }
        }

        batch.AddRule(Name(Doors), forms.Door().Accept());
        batch.AddRule(Name(DoorSources), forms.Door().Masquerade());
    }
}
