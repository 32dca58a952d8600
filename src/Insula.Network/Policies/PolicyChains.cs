using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using Insula.Linux.Netlink;

namespace Insula.Network.Policies;

/// <summary>
/// What a pod may do in one direction, as rules of a chain that returns for what is allowed. All keys are those of the connection that a
/// packet belongs to (who began it, who answers it, at which port), not the packet's own: an answer is judged as the question was, and
/// when a policy changes, connections that it forbids end with their next packet, in whichever direction.
/// </summary>
internal static class PolicyChains
{
    /// <summary>What is not allowed goes here.</summary>
    public const string Refused = "policy_refused";

    /// <summary>Connections to pods are looked at here.</summary>
    public const string Policies = "policies";

    /// <summary>Connections from pods are looked at here.</summary>
    public const string PoliciesOut = "policies_out";

    /// <summary>The set of the address at which pods ask for names.</summary>
    public const string NameServer = "name_server";

    private const string InPrefix = "policy_in_";
    private const string OutPrefix = "policy_out_";

    // Registers: the other end's address, which an IPv6 one fills four of; protocol and port; the address that is connected to, before its port.
    private const int Peer = 0;
    private const int Protocol = 4;
    private const int Port = 5;
    private const int Server = 8;

    /// <summary>The map from a pod's address to the chain of a direction.</summary>
    public static string Map(PolicyDirection direction, bool v6) => $"policies_of_{(direction == PolicyDirection.In ? "in" : "out")}{(v6 ? "_v6" : "")}";

    /// <summary>The name of a chain.</summary>
    public static string Name(PolicyDirection direction, int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{(direction == PolicyDirection.In ? InPrefix : OutPrefix)}{number}");

    /// <summary>Whether a chain is of this kind.</summary>
    public static bool IsChain(string name) => name.StartsWith(InPrefix, StringComparison.Ordinal) || name.StartsWith(OutPrefix, StringComparison.Ordinal);

    /// <summary>The rules for pods that some policies are about.</summary>
    public static IEnumerable<NftRule> Rules(IReadOnlyList<Policy> policies, PolicyDirection direction)
    {
        foreach (Policy policy in policies)
        {
            IReadOnlyList<PolicyRule> rules = policy.Rules(direction)!;
            for (int r = 0; r < rules.Count; r++)
            {
                foreach (NftRule rule in Allow(policy, direction, r, rules[r]))
                {
                    yield return rule.Return();
                }
            }
        }

        yield return new NftRule().Goto(Refused);
    }

    /// <summary>The rules for pods that no policy is about, where that means: their own namespace, and who comes through a Service.</summary>
    public static IEnumerable<NftRule> Insulated(Func<bool, string> namespaceSet) =>
    [
        .. ((bool[])[false, true]).Select(v6 => new NftRule().LoadClient(Peer, v6).IsIn(namespaceSet(v6), Peer).Return()),
        new NftRule().IsTranslated().Return(),
        new NftRule().Goto(Refused),
    ];

    private static IEnumerable<NftRule> Allow(Policy policy, PolicyDirection direction, int r, PolicyRule rule)
    {
        // Without ports one way, with ports a way for each.
        for (int p = 0; p < Math.Max(1, rule.Ports.Count); p++)
        {
            PolicyPort? port = rule.Ports.Count == 0 ? null : rule.Ports[p];
            foreach (bool v6 in (bool[])[false, true])
            {
                string? ports = port?.Name is null ? null : policy.PortsSet(direction, r, p, v6);
                if (rule.Anyone && (ports is not null || !v6))
                {
                    yield return At(new NftRule(), port, ports, v6);
                }

                if (rule.Peers.Count > 0)
                {
                    yield return At(Other(direction, v6).IsIn(policy.PeersSet(direction, r, v6), Peer), port, ports, v6);
                }

                foreach (PolicyBlock block in rule.Blocks.Where(b => b.V6 == v6))
                {
                    yield return At(In(direction, block), port, ports, v6);
                }
            }
        }
    }

    /// <summary>Loads the other end's address.</summary>
    private static NftRule Other(PolicyDirection direction, bool v6, NftRule? rule = null) =>
        direction == PolicyDirection.In ? (rule ?? new()).LoadClient(Peer, v6) : (rule ?? new()).LoadServer(Peer, v6);

    private static NftRule In(PolicyDirection direction, PolicyBlock block)
    {
        NftRule rule = Other(direction, block.V6).IsInNetwork(Peer, block.Network.BaseAddress.GetAddressBytes(), Mask(block.Network));
        foreach (IPNetwork gap in block.Except)
        {
            rule = Other(direction, block.V6, rule).IsInNetwork(Peer, gap.BaseAddress.GetAddressBytes(), Mask(gap), not: true);
        }

        return rule;
    }

    private static NftRule At(NftRule rule, PolicyPort? port, string? ports, bool v6)
    {
        if (port is null)
        {
            return rule;
        }

        if (ports is not null)
        {
            int after = Server + (PolicyElement.AddressLength(v6) / 4);
            return rule.LoadServer(Server, v6).LoadConnectionProtocol(after).LoadServerPort(after + 1).IsIn(ports, Server);
        }

        rule.LoadConnectionProtocol(Protocol).Is(Protocol, [port.Protocol]);
        return port.IsAny ? rule : rule.LoadServerPort(Port).IsBetween(Port, Bytes(port.First), Bytes(port.Last));
    }

    private static byte[] Mask(IPNetwork network)
    {
        byte[] mask = network.BaseAddress.GetAddressBytes();
        for (int i = 0; i < mask.Length; i++)
        {
            mask[i] = (byte)(0xff00 >> Math.Clamp(network.PrefixLength - (i * 8), 0, 8));
        }

        return mask;
    }

    private static byte[] Bytes(ushort port)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, port);
        return bytes;
    }
}
