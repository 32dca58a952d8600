using System.Globalization;
using System.Net.Sockets;
using Insula.Linux.Netlink;

namespace Insula.Network.Links;

/// <summary>How this instance's links are named: <c>iv</c>, six digits of the instance's tag, seven of the address' slot; 15 characters, the kernel's limit.</summary>
internal sealed class LinkNames
{
    /// <summary>What the links of every instance begin with.</summary>
    public const string AnyInstance = "iv";

    /// <summary>The largest slot a name can hold.</summary>
    public const uint MaxSlot = 0xfffffff;

    public LinkNames(string instanceTag)
    {
        if (instanceTag.Length != 0 && (instanceTag.Length != 6 || !instanceTag.All(char.IsAsciiHexDigitLower)))
        {
            throw new NetworkException($"the instance tag \"{instanceTag}\" is not six lower-case hexadecimal digits");
        }

        Prefix = AnyInstance + (instanceTag.Length == 0 ? "000000" : instanceTag);
        Table = instanceTag.Length == 0 ? "insula" : $"insula_{instanceTag}";
        HostLabel = $"lo:{Prefix}";
        BalancerLabel = $"{HostLabel}-lb";
        BalancerMark = ((uint)'I' << 24) | (instanceTag.Length == 0 ? 0 : uint.Parse(instanceTag, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
    }

    /// <summary>What the names of this instance's links begin with; of no other's.</summary>
    public string Prefix { get; }

    /// <summary>The instance's nftables table.</summary>
    public string Table { get; }

    /// <summary>The label of the host's own address in the pod range. It says whose the range is.</summary>
    public string HostLabel { get; }

    /// <summary>The label of addresses that Services have from the pool.</summary>
    public string BalancerLabel { get; }

    /// <summary>
    /// The metric of IPv6 addresses that Services have from the pool: they can have no label. It has no meaning for an address whose prefix has no
    /// route. The first byte is a letter, so that nobody chooses it by chance; the rest is the instance's tag.
    /// </summary>
    public uint BalancerMark { get; }

    /// <summary>Whether an address of the machine is one that a Service of this instance has from the pool.</summary>
    public bool IsBalancers(AddressInfo address) =>
        address.Address.AddressFamily == AddressFamily.InterNetwork ? address.Label == BalancerLabel : address.Metric == BalancerMark;

    /// <summary>Whether an address of the machine is one that a daemon, of whichever instance, has given it for pods or Services.</summary>
    public static bool IsAnyInstances(AddressInfo address) =>
        address.Label?.StartsWith($"lo:{AnyInstance}", StringComparison.Ordinal) == true || address.Metric >> 24 == 'I';

    public string Of(uint slot) => slot <= MaxSlot
        ? $"{Prefix}{slot:x7}"
        : throw new ArgumentOutOfRangeException(nameof(slot), slot, "a link's name holds seven digits of the slot");

    public bool IsOurs(string name) => name.Length == Prefix.Length + 7 && name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Whether the link belongs to a pod of any instance.</summary>
    public static bool IsAnyPods(string name) => name.Length == 15 && name.StartsWith(AnyInstance, StringComparison.Ordinal)
        && name.Skip(2).All(char.IsAsciiHexDigitLower);
}
