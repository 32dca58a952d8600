using System.Globalization;
using Insula.Linux.Netlink;

namespace Insula.Network.Services;

/// <summary>
/// The rules by which connections are led from frontends to targets. They are the same for one Service as for ten thousand: what differs is
/// in maps. Only clients that are to be kept at their target cost rules, a few for each time-out that occurs.
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
    private const uint DestinationOffset = 16;
    private const uint SourceOffset = 12;

    // Registers: 0 and 1 the target, 4 to 6 the frontend, 7 the slot; 8 to 11 client and frontend; 12 and 13 the target again.
    private const int Found = 0;
    private const int Key = 4;
    private const int Client = 8;
    private const int Led = 12;

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
        foreach (var seconds in times)
        {
            batch.AddSet(StickySet(seconds), new NftSetType([NftSetType.Address, NftSetType.Protocol, NftSetType.Service], ServiceElements.FrontendLength));
            batch.AddSet(ClientMap(seconds), new NftSetType([NftSetType.Address, NftSetType.Address, NftSetType.Protocol, NftSetType.Service], ServiceElements.ClientLength)
            {
                DataTypes = [NftSetType.Address, NftSetType.Service],
                DataLength = ServiceElements.TargetLength,
                IsDynamic = true,
                Size = MostClients,
            });
        }

        foreach (var chain in (string[])[ToService, ToNode, RememberService, RememberNode, Doors, DoorSources])
        {
            batch.FlushChain(chain);
        }

        foreach (var seconds in before.Except(times))
        {
            batch.DeleteSet(StickySet(seconds)).DeleteSet(ClientMap(seconds));
        }

        // A host port at one address of the machine goes before one at all of them.
        batch.AddRule(ToNode, Lead(SlotTable.Sizes[0], ofNode: false));
        foreach (var ofNode in (bool[])[false, true])
        {
            foreach (var seconds in times)
            {
                batch.AddRule(ofNode ? ToNode : ToService, Kept(seconds, ofNode));
                batch.AddRule(ofNode ? RememberNode : RememberService, Remember(seconds, ofNode));
            }

            foreach (var size in SlotTable.Sizes)
            {
                batch.AddRule(ofNode ? ToNode : ToService, Lead(size, ofNode));
            }
        }

        batch.AddRule(Doors, Door().Accept());
        batch.AddRule(DoorSources, Door().Masquerade());
    }

    /// <summary>To a slot at random.</summary>
    private static NftRule Lead(int size, bool ofNode) =>
        Frontend(Begin(), Key, ofNode).LoadRandom(Key + 3, (uint)size).LoadFrom(SlotMap(size), Key, Found).TranslateTo(Found);

    /// <summary>Where the client was led before.</summary>
    private static NftRule Kept(int seconds, bool ofNode) =>
        Frontend(Source(Frontend(Begin(), Key, ofNode).IsIn(StickySet(seconds), Key)), Client + 1, ofNode).LoadFrom(ClientMap(seconds), Client, Found).TranslateTo(Found);

    /// <summary>After the translation: by then the packet says where the client was led.</summary>
    private static NftRule Remember(int seconds, bool ofNode) =>
        OriginalFrontend(Source(OriginalFrontend(Begin(), Key, ofNode).IsIn(StickySet(seconds), Key)), Client + 1, ofNode)
            .LoadPayload(Led, nf_tables.NFT_PAYLOAD_NETWORK_HEADER, DestinationOffset, 4).LoadPayload(Led + 1, nf_tables.NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2)
            .Remember(ClientMap(seconds), Client, Led, TimeSpan.FromSeconds(seconds));

    private static NftRule Begin() => new NftRule().Family(nf_tables.NFPROTO_IPV4);

    private static NftRule Source(NftRule rule) => rule.LoadPayload(Client, nf_tables.NFT_PAYLOAD_NETWORK_HEADER, SourceOffset, 4);

    private static NftRule Frontend(NftRule rule, int register, bool ofNode) =>
        (ofNode ? rule.Load(register, new byte[4]) : rule.LoadPayload(register, nf_tables.NFT_PAYLOAD_NETWORK_HEADER, DestinationOffset, 4))
            .LoadProtocol(register + 1).LoadPayload(register + 2, nf_tables.NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);

    private static NftRule OriginalFrontend(NftRule rule, int register, bool ofNode) =>
        (ofNode ? rule.Load(register, new byte[4]) : rule.LoadOriginalAddress(register)).LoadProtocol(register + 1).LoadOriginalPort(register + 2);

    /// <summary>What was led on from a port of the machine.</summary>
    private static NftRule Door() => Begin().IsTranslated().LoadProtocol(Key).LoadOriginalPort(Key + 1).IsIn(DoorSet, Key);
}
