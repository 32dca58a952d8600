using System.Globalization;
using System.Net;
using System.Text;
using Insula.Network.Links;

namespace Insula.Network.Firewall;

/// <summary>The instance's nftables table as a script for <c>nft -f -</c>. Pure.</summary>
internal static class Ruleset
{
    /// <summary>
    /// One transaction that replaces the table. Connections go on: their state is conntrack's, not the table's.
    /// </summary>
    /// <param name="names">The instance's names.</param>
    /// <param name="range">The pods' IPv4 range.</param>
    /// <param name="hostAddress">The host's address in it.</param>
    /// <param name="rangeV6">The pods' IPv6 range, if they have one.</param>
    /// <param name="hostAddressV6">The host's address in it.</param>
    /// <param name="guarded">The links whose forwarding we switched on, and through which nothing but pods' packets may be forwarded.</param>
    public static string Render(
        LinkNames names, IPNetwork range, IPAddress hostAddress, IPNetwork? rangeV6, IPAddress? hostAddressV6, IReadOnlyCollection<string> guarded)
    {
        string pods = $"\"{names.Prefix}*\"";
        string any = $"\"{LinkNames.AnyInstance}*\"";
        StringBuilder text = new();
        AppendLines(text, [
            .. Replace(names),
            $"table inet {names.Table} {{",
        ]);
        if (guarded.Count > 0)
        {
            AppendLines(text, [
                "    set guarded {",
                "        type ifname",
                $"        elements = {{ {string.Join(", ", guarded.Select(Quote))} }}",
                "    }",
            ]);
        }

        string alienV6 = rangeV6 is { } own ? $"        iifname != \"lo\" iifname != {pods} ip6 saddr {own} drop" : "";
        AppendLines(text, [
            // Before connection tracking: a packet with a false source must not even leave an entry.
            "    chain prerouting {",
            "        type filter hook prerouting priority raw; policy accept;",
            $"        iifname {pods} jump from_pod",

            // Nobody but pods bears a pod's address, and no pod comes in by another link.
            $"        iifname != \"lo\" iifname != {pods} ip saddr {range} drop",
            alienV6,
            "    }",
            "    chain from_pod {",
            "        ip daddr 127.0.0.0/8 drop",
            $"        meta nfproto ipv4 ip saddr != {range} drop",
            rangeV6 is { } v6 ? $"        meta nfproto ipv6 ip6 saddr != {v6} drop" : "        meta nfproto ipv6 drop",
            "        fib saddr . iif oif missing drop",
            "    }",
            // The host's own address in the range is for pods and the host alone.
            "    chain input {",
            "        type filter hook input priority filter; policy accept;",
            $"        iifname != \"lo\" iifname != {pods} ip daddr {hostAddress} drop",
        ]);
        if (hostAddressV6 is not null)
        {
            AppendLines(text, [$"        iifname != \"lo\" iifname != {pods} ip6 daddr {hostAddressV6} drop"]);
        }

        AppendLines(text, [
            "    }",
            "    chain forward {",
            "        type filter hook forward priority filter; policy accept;",
            $"        iifname {pods} ct state invalid drop",
            $"        oifname {pods} jump to_pod",
        ]);
        if (guarded.Count > 0)
        {
            AppendLines(text, [$"        iifname @guarded iifname != {any} oifname != {any} drop"]);
        }

        AppendLines(text, [
            "    }",
            "    chain to_pod {",
            $"        iifname {pods} accept",
            "        ct state established,related accept",
            "        drop",
            "    }",
            "    chain postrouting {",
            "        type nat hook postrouting priority srcnat; policy accept;",
            $"        ip saddr {range} oifname != {pods} oifname != \"lo\" masquerade fully-random",
        ]);
        if (rangeV6 is { } masqueraded)
        {
            AppendLines(text, [$"        ip6 saddr {masqueraded} oifname != {pods} oifname != \"lo\" masquerade fully-random"]);
        }

        AppendLines(text, ["    }", "}"]);
        return text.ToString();
    }

    /// <summary>A transaction that removes the table, whether it is there or not.</summary>
    public static string Remove(LinkNames names)
    {
        StringBuilder text = new();
        AppendLines(text, Replace(names));
        return text.ToString();
    }

    // Deleting what is not there would fail the transaction, so it is made first.
    private static string[] Replace(LinkNames names) => [$"table inet {names.Table} {{ }}", $"delete table inet {names.Table}"];

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
