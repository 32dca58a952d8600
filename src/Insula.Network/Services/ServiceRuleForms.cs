using Insula.Linux.Netlink;

namespace Insula.Network.Services;

/// <summary>The rules of <see cref="ServiceRules"/> one by one, for the packets of a family.</summary>
/// <param name="family">The family.</param>
internal sealed class ServiceRuleForms(ServiceElements family)
{
    // Registers, of four bytes each: the frontend and the slot, or the frontend alone; the client and its frontend; where it is led. What is
    // needed no more is overwritten: with IPv6 addresses there are not enough for all of them.
    private const int Key = 0;
    private const int Client = 0;
    private readonly int _address = family.AddressLength / 4;

    /// <summary>The family.</summary>
    public ServiceElements Family => family;

    private int Slot => Key + _address + 2;

    private int Found => Client + (2 * _address) + 2;

    /// <summary>To a slot at random.</summary>
    public NftRule Lead(int size, bool ofNode) =>
        Frontend(Begin(), Key, ofNode).LoadRandom(Slot, (uint)size).LoadFrom(family.Name(ServiceRules.SlotMap(size)), Key, Found).TranslateTo(Found, family.IsV6);

    /// <summary>Where the client was led before.</summary>
    public NftRule Kept(int seconds, bool ofNode) =>
        Frontend(Source(Frontend(Begin(), Key, ofNode).IsIn(family.Name(ServiceRules.StickySet(seconds)), Key)), Client + _address, ofNode)
            .LoadFrom(family.Name(ServiceRules.ClientMap(seconds)), Client, Found).TranslateTo(Found, family.IsV6);

    /// <summary>After the translation: by then the packet says where the client was led.</summary>
    public NftRule Remember(int seconds, bool ofNode) =>
        OriginalFrontend(Source(OriginalFrontend(Begin(), Key, ofNode).IsIn(family.Name(ServiceRules.StickySet(seconds)), Key)), Client + _address, ofNode)
            .LoadPayload(Found, nf_tables.NFT_PAYLOAD_NETWORK_HEADER, family.DestinationOffset, (uint)family.AddressLength)
            .LoadPayload(Found + _address, nf_tables.NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2)
            .Remember(family.Name(ServiceRules.ClientMap(seconds)), Client, Found, TimeSpan.FromSeconds(seconds));

    /// <summary>What was led on from a port of the machine.</summary>
    public NftRule Door() => Begin().IsTranslated().LoadProtocol(Key).LoadOriginalPort(Key + 1).IsIn(family.Name(ServiceRules.DoorSet), Key);

    private NftRule Begin() => new NftRule().Family(family.Protocol);

    private NftRule Source(NftRule rule) => rule.LoadPayload(Client, nf_tables.NFT_PAYLOAD_NETWORK_HEADER, family.SourceOffset, (uint)family.AddressLength);

    private NftRule Frontend(NftRule rule, int register, bool ofNode) =>
        (ofNode ? rule.Load(register, new byte[family.AddressLength])
            : rule.LoadPayload(register, nf_tables.NFT_PAYLOAD_NETWORK_HEADER, family.DestinationOffset, (uint)family.AddressLength))
            .LoadProtocol(register + _address).LoadPayload(register + _address + 1, nf_tables.NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);

    private NftRule OriginalFrontend(NftRule rule, int register, bool ofNode) =>
        (ofNode ? rule.Load(register, new byte[family.AddressLength]) : rule.LoadOriginalAddress(register, family.IsV6))
            .LoadProtocol(register + _address).LoadOriginalPort(register + _address + 1);
}
