using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Insula.Linux.Netlink;
using Insula.Network.Links;
using Insula.Network.Policies;
using Insula.Network.Services;

namespace Insula.Network.Firewall;

/// <summary>
/// The instance's nftables table as a script for <c>nft -f -</c>. Sets and chains that lead to Services, and the maps of policies, are only
/// declared here: what is in them comes in small transactions, and stays when the rest is written anew. Pure.
/// </summary>
/// <param name="names">The instance's names.</param>
/// <param name="range">The pods' IPv4 range.</param>
/// <param name="hostAddress">The host's address in it.</param>
/// <param name="services">The range of Services' addresses.</param>
/// <param name="rangeV6">The pods' IPv6 range, if they have one.</param>
/// <param name="hostAddressV6">The host's address in it.</param>
/// <param name="servicesV6">The range of Services' IPv6 addresses, if pods have such.</param>
/// <param name="guarded">The links whose forwarding we switched on, and through which nothing but pods' packets may be forwarded.</param>
/// <param name="foreign">The addresses of pods that have no link of ours.</param>
internal sealed class Ruleset(
    LinkNames names, IPNetwork range, IPAddress hostAddress, IPNetwork services, IPNetwork? rangeV6, IPAddress? hostAddressV6, IPNetwork? servicesV6,
    IReadOnlyCollection<string> guarded, IReadOnlyCollection<IPAddress> foreign)
{
    /// <summary>The IPv4 addresses of pods that others have connected.</summary>
    public const string ForeignSet = "foreign_pods";

    /// <summary>The IPv6 ones.</summary>
    public const string ForeignSetV6 = "foreign_pods_v6";

    /// <summary>While the table is put back, pods' packets end in this chain.</summary>
    public const string ClosedFrom = "closed_from_pods";

    /// <summary>And packets to pods in this one.</summary>
    public const string ClosedTo = "closed_to_pods";

    /// <summary>Where the two stand: before all others.</summary>
    public const int ClosedPriority = -310;

    private const string FilterHook = "type filter hook {0} priority {1}; policy accept;";
    private const string NatHook = "type nat hook {0} priority {1}; policy accept;";

    private const string Remember = "ct state new ct status dnat jump remember";

    private readonly string _pods = $"\"{names.Prefix}*\"";

    /// <summary>One transaction that brings the table to what it should be. Connections go on: their state is conntrack's, not the table's.</summary>
    public string Update()
    {
        StringBuilder text = new();
        AppendLines(text, [$"table inet {names.Table} {{", .. Sets(), .. Services(), .. Chains().Select(c => $"    chain {c.Name} {{ {c.Hook} }}"), "}"]);
        AppendLines(text, Chains().Select(c => $"flush chain inet {names.Table} {c.Name}"));
        AppendLines(text, [.. ((string[])["guarded", ForeignSet, ForeignSetV6]).Select(s => $"flush set inet {names.Table} {s}"), $"table inet {names.Table} {{"]);
        if (guarded.Count > 0)
        {
            AppendLines(text, ["    set guarded {", "        type ifname", $"        elements = {{ {string.Join(", ", guarded.Select(Quote))} }}", "    }"]);
        }

        foreach ((string set, string type, string[] elements) in ((string, string, string[])[])
            [(ForeignSet, "ipv4_addr", Of(AddressFamily.InterNetwork)), (ForeignSetV6, "ipv6_addr", Of(AddressFamily.InterNetworkV6))])
        {
            if (elements.Length > 0)
            {
                AppendLines(text, [$"    set {set} {{", $"        type {type}", $"        elements = {{ {string.Join(", ", elements)} }}", "    }"]);
            }
        }

        foreach ((string name, _, string[] rules) in Chains())
        {
            AppendLines(text, [$"    chain {name} {{", .. rules.Where(r => r.Length > 0).Select(r => $"        {r}"), "    }"]);
        }

        AppendLines(text, ["}"]);
        return text.ToString();
    }

    /// <summary>The same for a table of whatever form: it is removed before, with all that is in it.</summary>
    /// <param name="closed">Whether nothing passes from and to pods until the two chains that see to it are removed.</param>
    public string Replace(bool closed)
    {
        StringBuilder text = new(Removal(names) + Update());
        if (closed)
        {
            AppendLines(text,
            [
                $"table inet {names.Table} {{",
                $"    chain {ClosedFrom} {{ {Hook(FilterHook, "prerouting", ClosedPriority.ToString(CultureInfo.InvariantCulture))} iifname {_pods} drop; }}",
                $"    chain {ClosedTo} {{ {Hook(FilterHook, "forward", ClosedPriority.ToString(CultureInfo.InvariantCulture))} oifname {_pods} drop; }}",
                "}",
            ]);
        }

        return text.ToString();
    }

    /// <summary>The two chains, as a transaction that may come before the table is there.</summary>
    public static NftBatch Closing(LinkNames names)
    {
        byte[] pods = Encoding.ASCII.GetBytes(names.Prefix);
        return new NftBatch(names.Table).AddTable()
            .AddBaseChain(ClosedFrom, nf_tables.NF_INET_PRE_ROUTING, ClosedPriority).FlushChain(ClosedFrom)
            .AddRule(ClosedFrom, new NftRule().LoadInputName(0).Is(0, pods).Drop())
            .AddBaseChain(ClosedTo, nf_tables.NF_INET_FORWARD, ClosedPriority).FlushChain(ClosedTo)
            .AddRule(ClosedTo, new NftRule().LoadOutputName(0).Is(0, pods).Drop());
    }

    /// <summary>A transaction that removes the table, whether it is there or not.</summary>
    public static string Removal(LinkNames names)
    {
        // Deleting what is not there would fail the transaction, so it is made first.
        StringBuilder text = new();
        AppendLines(text, [$"table inet {names.Table} {{ }}", $"delete table inet {names.Table}"]);
        return text.ToString();
    }

    private static IEnumerable<string> Sets() =>
    [
        "    set guarded { type ifname; }",
        $"    set {ForeignSet} {{ type ipv4_addr; }}",
        $"    set {ForeignSetV6} {{ type ipv6_addr; }}",
        .. ServiceElements.Families.SelectMany(Sets),
        $"    set {PolicyChains.NameServer} {{ type ipv4_addr; }}",
        .. Enum.GetValues<PolicyDirection>().SelectMany(direction => (string[])
        [
            $"    map {PolicyChains.Map(direction, v6: false)} {{ type ipv4_addr : verdict; }}",
            $"    map {PolicyChains.Map(direction, v6: true)} {{ type ipv6_addr : verdict; }}",
        ]),
    ];

    private static IEnumerable<string> Sets(ServiceElements family)
    {
        var (ip, address) = (family.IsV6 ? "ip6" : "ip", family.AddressTypeName);
        return
        [
            $"    set {family.Name(ServiceRules.DoorSet)} {{ type inet_proto . inet_service; }}",
            $"    set {family.Name(ServiceRules.NodePortSet)} {{ type inet_proto . inet_service; }}",
            $"    set {family.Name(ServiceRules.BalancerSet)} {{ type {address} . inet_proto . inet_service; }}",
            $"    set {family.Name(ServiceRules.GuardedSet)} {{ type {address} . inet_proto . inet_service; }}",
            $"    set {family.Name(ServiceRules.SourceSet)} {{ type {address} . inet_proto . inet_service . {address}; flags interval; }}",
            $"    set {family.Name(ServiceRules.BalancerAddressSet)} {{ type {address}; }}",
            $"    set {family.Name(ServiceRules.HairpinSet)} {{ type {address} . {address}; }}",
            .. SlotTable.Sizes.Select(size =>
                $"    map {family.Name(ServiceRules.SlotMap(size))} {{ typeof {ip} daddr . meta l4proto . th dport . numgen random mod {size} : {ip} daddr . th dport; }}"),
        ];
    }

    private static IEnumerable<string> Services() =>
        from chain in (string[])[ServiceRules.ToService, ServiceRules.ToNode, ServiceRules.RememberService, ServiceRules.RememberNode, ServiceRules.Doors, ServiceRules.DoorSources]
        from family in ServiceElements.Families
        select $"    chain {family.Name(chain)} {{ }}";

    private IEnumerable<(string Name, string Hook, string[] Rules)> Chains()
    {
        string[] toServices = [$"ip daddr {services} jump {ServiceRules.ToService}", servicesV6 is { } far ? $"ip6 daddr {far} jump {V6(ServiceRules.ToService)}" : ""];

        // Wherever the address is: a load balancer may send packets on as they are. What leads nowhere is not led by a port of the machine.
        const string port = "ip daddr . meta l4proto . th dport";
        const string portV6 = "ip6 daddr . meta l4proto . th dport";
        string[] toBalanced = [$"{port} @{ServiceRules.BalancerSet} goto {ServiceRules.ToService}", $"{portV6} @{V6(ServiceRules.BalancerSet)} goto {V6(ServiceRules.ToService)}"];

        string[] doors = [$"jump {ServiceRules.Doors}", $"jump {V6(ServiceRules.Doors)}"];

        // Loopback is spared: it would need route_localnet, and a program's own port there is nobody else's. Nobody answers an address of one link by another.
        string[] toNode =
        [
            $"fib daddr type local ip daddr != 127.0.0.0/8 jump {ServiceRules.ToNode}",
            $"fib daddr type local ip6 daddr != {{ ::1, fe80::/10 }} jump {V6(ServiceRules.ToNode)}",
        ];
        return
        [
            // Before connection tracking: a packet with a false source must not even leave an entry.
            ("prerouting", Hook(FilterHook, "prerouting", "raw"),
            [
                $"iifname {_pods} jump from_pod",

                // Nobody but pods bears a pod's address, and no pod comes in by another link.
                $"iifname != \"lo\" iifname != {_pods} ip saddr {range} drop",
                rangeV6 is { } own ? $"iifname != \"lo\" iifname != {_pods} ip6 saddr {own} drop" : "",

                // Services' addresses are for pods and the host alone. A pod that others have connected comes by the link that its address is behind.
                $"iifname != \"lo\" iifname != {_pods} ip daddr {services} ip saddr != @{ForeignSet} drop",
                $"iifname != \"lo\" iifname != {_pods} ip daddr {services} fib saddr . iif oif missing drop",
                .. servicesV6 is { } known ? (string[])
                [
                    $"iifname != \"lo\" iifname != {_pods} ip6 daddr {known} ip6 saddr != @{ForeignSetV6} drop",
                    $"iifname != \"lo\" iifname != {_pods} ip6 daddr {known} fib saddr . iif oif missing drop",
                ] : [],
            ]),
            ("from_pod", "",
            [
                "ip daddr 127.0.0.0/8 drop",
                $"meta nfproto ipv4 ip saddr != {range} drop",
                rangeV6 is { } v6 ? $"meta nfproto ipv6 ip6 saddr != {v6} drop" : "meta nfproto ipv6 drop",
                "fib saddr . iif oif missing drop",
            ]),
            // Before it is led to wherever the server listens. Only what is new: afterwards the connection's keys are translated.
            ("to_name_server", Hook(FilterHook, "prerouting", "mangle"), [$"iifname {_pods} ip daddr @{PolicyChains.NameServer} ct state new jump {PolicyChains.PoliciesOut}"]),

            // Each packet, not each connection: who may not come any more is cut off.
            ("from_sources", Hook(FilterHook, "prerouting", "mangle"),
            [
                $"iifname != \"lo\" iifname != {_pods} {port} @{ServiceRules.GuardedSet} {port} . ip saddr != @{ServiceRules.SourceSet} drop",
                $"iifname != \"lo\" iifname != {_pods} {portV6} @{V6(ServiceRules.GuardedSet)} {portV6} . ip6 saddr != @{V6(ServiceRules.SourceSet)} drop",
            ]),
            ("to_services", Hook(NatHook, "prerouting", "dstnat"), [.. toServices, .. toBalanced, .. toNode]),
            ("host_to_services", Hook(NatHook, "output", "-100"), [.. toServices, .. toBalanced, .. toNode]),

            // The host's own address in the range is for pods and the host alone. What was meant for a Service and led nowhere ends here, also
            // the host's own, and is refused at once, not left to time out.
            ("input", Hook(FilterHook, "input", "filter"),
            [
                // What asks for names has been judged, by the address and port it asked at.
                $"iifname {_pods} meta nfproto ipv4 ct original ip daddr != @{PolicyChains.NameServer} jump {PolicyChains.PoliciesOut}",
                $"iifname {_pods} meta nfproto ipv6 jump {PolicyChains.PoliciesOut}",

                // Answers to connections that the host began with this address bear it again by now.
                $"iifname != \"lo\" iifname != {_pods} ct state new,invalid,untracked ip daddr {hostAddress} ip saddr != @{ForeignSet} drop",
                hostAddressV6 is not null ? $"iifname != \"lo\" iifname != {_pods} ct state new,invalid,untracked ip6 daddr {hostAddressV6} drop" : "",
                $"ip daddr {services} meta l4proto tcp reject with tcp reset",
                $"ip daddr {services} reject with icmp port-unreachable",
                .. servicesV6 is { } refused ? (string[])[$"ip6 daddr {refused} meta l4proto tcp reject with tcp reset", $"ip6 daddr {refused} reject with icmpv6 port-unreachable"] : [],
                $"{port} @{ServiceRules.BalancerSet} ct status ! dnat jump reject_node_port",
                $"{portV6} @{V6(ServiceRules.BalancerSet)} ct status ! dnat jump reject_node_port",
                $"ip daddr @{ServiceRules.BalancerAddressSet} meta l4proto != icmp ct status ! dnat jump reject_node_port",
                $"ip6 daddr @{V6(ServiceRules.BalancerAddressSet)} meta l4proto != icmpv6 ct status ! dnat jump reject_node_port",
                $"meta nfproto ipv4 meta l4proto . th dport @{ServiceRules.NodePortSet} ct status ! dnat jump reject_node_port",
                $"meta nfproto ipv6 meta l4proto . th dport @{V6(ServiceRules.NodePortSet)} ct status ! dnat jump reject_node_port",
                Remember,
            ]),
            ("led_on", Hook(FilterHook, "postrouting", "filter"), [Remember]),
            ("remember", "",
            [
                $"meta nfproto ipv4 jump {ServiceRules.RememberService}",
                $"meta nfproto ipv6 jump {V6(ServiceRules.RememberService)}",
                $"ct original ip daddr != {services} jump {ServiceRules.RememberNode}",
                servicesV6 is { } never ? $"ct original ip6 daddr != {never} jump {V6(ServiceRules.RememberNode)}" : $"meta nfproto ipv6 jump {V6(ServiceRules.RememberNode)}",
            ]),
            ("reject_node_port", "",
            [
                // Also a port of other machines, and of programs on the loopback. The answers of a load balancer's address are the machine's own.
                "fib daddr type != local return",
                "ip daddr 127.0.0.0/8 return",
                "ip6 daddr ::1 return",

                // The answers of a program that has this port for its own connection.
                "ct state established,related return",
                "meta l4proto tcp reject with tcp reset",
                "reject with icmpx port-unreachable",
            ]),
            ("forward", Hook(FilterHook, "forward", "filter"),
            [
                $"iifname {_pods} ct state invalid drop",
                $"jump {PolicyChains.Policies}",
                $"oifname {_pods} jump to_pod",
                .. doors,
                // What others have connected is theirs to guard.
                .. ((string[])["saddr", "daddr"]).SelectMany(end => (string[])[$"ip {end} @{ForeignSet} return", $"ip6 {end} @{ForeignSetV6} return"]),
                guarded.Count > 0 ? $"iifname @guarded iifname != \"{LinkNames.AnyInstance}*\" oifname != \"{LinkNames.AnyInstance}*\" drop" : "",
            ]),
            (PolicyChains.Policies, "",
            [
                // A pod reaches itself, also by a Service.
                $"ct original ip saddr . ct reply ip saddr @{ServiceRules.HairpinSet} return",
                $"ct original ip6 saddr . ct reply ip6 saddr @{V6(ServiceRules.HairpinSet)} return",
                $"ct reply ip saddr vmap @{PolicyChains.Map(PolicyDirection.In, v6: false)}",
                $"ct reply ip6 saddr vmap @{PolicyChains.Map(PolicyDirection.In, v6: true)}",
                $"jump {PolicyChains.PoliciesOut}",
            ]),
            (PolicyChains.PoliciesOut, "",
            [
                $"ct original ip saddr vmap @{PolicyChains.Map(PolicyDirection.Out, v6: false)}",
                $"ct original ip6 saddr vmap @{PolicyChains.Map(PolicyDirection.Out, v6: true)}",
            ]),
            (PolicyChains.Refused, "",
            [
                // Outside learns nothing; a pod is told at once, by an error of its own kind, or by the end of a connection that was allowed until now.
                $"iifname != {_pods} drop",
                "meta l4proto tcp ct state established reject with tcp reset",

                // Nor does one go on that was allowed until the kernel was told to forget it.
                "meta l4proto tcp tcp flags & syn == 0 reject with tcp reset",
                "reject with icmpx admin-prohibited",
            ]),
            ("to_pod", "",
            [
                $"iifname {_pods} accept",
                "ct state established,related accept",
                .. doors,
                "drop",
            ]),
            ("postrouting", Hook(NatHook, "postrouting", "srcnat"),
            [
                // A pod that was led to itself would not take the answer of its own address.
                $"ct status dnat ip saddr . ip daddr @{ServiceRules.HairpinSet} snat ip to {hostAddress}",
                hostAddressV6 is not null ? $"ct status dnat ip6 saddr . ip6 daddr @{V6(ServiceRules.HairpinSet)} snat ip6 to {hostAddressV6}" : "",

                // Two that others have connected may have a way to each other by which the answer would not come back through here.
                $"ct status dnat ip saddr @{ForeignSet} ip daddr @{ForeignSet} masquerade fully-random",
                $"ct status dnat ip6 saddr @{ForeignSetV6} ip6 daddr @{ForeignSetV6} masquerade fully-random",
                $"ip saddr {range} oifname != {_pods} oifname != \"lo\" masquerade fully-random",
                rangeV6 is { } masqueraded ? $"ip6 saddr {masqueraded} oifname != {_pods} oifname != \"lo\" masquerade fully-random" : "",

                // What a door led on to another machine must come back by this one.
                $"oifname != {_pods} oifname != \"lo\" jump {ServiceRules.DoorSources}",
                $"oifname != {_pods} oifname != \"lo\" jump {V6(ServiceRules.DoorSources)}",
            ]),
        ];
    }

    private static string V6(string name) => ServiceElements.V6.Name(name);

    private string[] Of(AddressFamily family) => [.. foreign.Where(a => a.AddressFamily == family).Select(a => a.ToString()).Order(StringComparer.Ordinal)];

    private static string Hook(string form, string hook, string priority) => string.Format(CultureInfo.InvariantCulture, form, hook, priority);

    private static void AppendLines(StringBuilder text, IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            text.Append(CultureInfo.InvariantCulture, $"{line}\n");
        }
    }

    /// <summary>A link's name may hold anything but blanks and slashes; what nft would read as more than a name is refused.</summary>
    private static string Quote(string name) => name.AsSpan().IndexOfAny("\"\\\n*") < 0
        ? $"\"{name}\""
        : throw new NetworkException($"the link {name} has a name that cannot stand in a rule: rename it");
}
