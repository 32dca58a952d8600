using System.Net;
using System.Text;

namespace Insula.Network.Hosts;

/// <summary>A pod's <c>/etc/hosts</c> (hosts(5)), with the lines the kubelet writes.</summary>
public static class HostsFile
{
    private const string Loopback = """
        127.0.0.1	localhost
        ::1	localhost ip6-localhost ip6-loopback
        fe00::0	ip6-localnet
        fe00::0	ip6-mcastprefix
        fe00::1	ip6-allnodes
        fe00::2	ip6-allrouters

        """;

    /// <summary>The file of a pod with a network of its own.</summary>
    /// <param name="addresses">The pod's addresses.</param>
    /// <param name="hostname">The pod's host name.</param>
    /// <param name="domain">The domain behind it (<c>subdomain.namespace.svc.cluster.local</c>), or <see langword="null"/>.</param>
    /// <param name="aliases">The pod's <c>hostAliases</c>.</param>
    /// <exception cref="ArgumentException">A name contains a control character or a space, or an alias's address is none.</exception>
    public static string Render(IReadOnlyList<IPAddress> addresses, string hostname, string? domain, IReadOnlyList<HostAlias> aliases)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentNullException.ThrowIfNull(aliases);
        CheckName(hostname, "hostname");
        StringBuilder text = new("# Written by Insula for this pod.\n");
        text.Append(Loopback);
        string names = hostname;
        if (!string.IsNullOrEmpty(domain))
        {
            CheckName(domain, "subdomain");
            names = $"{hostname}.{domain}\t{hostname}";
        }

        foreach (IPAddress address in addresses)
        {
            text.Append(address).Append('\t').Append(names).Append('\n');
        }

        AppendAliases(text, aliases);
        return text.ToString();
    }

    /// <summary>The file of a pod that shares the host's network: the host's own file and the aliases.</summary>
    /// <param name="hostFile">The text of the host's <c>/etc/hosts</c>.</param>
    /// <param name="aliases">The pod's <c>hostAliases</c>.</param>
    /// <exception cref="ArgumentException">A name contains a control character or a space, or an alias's address is none.</exception>
    public static string RenderForHostNetwork(string hostFile, IReadOnlyList<HostAlias> aliases)
    {
        ArgumentNullException.ThrowIfNull(hostFile);
        ArgumentNullException.ThrowIfNull(aliases);
        StringBuilder text = new("# Written by Insula for this pod, from the host's file.\n");
        text.Append(hostFile);
        if (hostFile.Length > 0 && hostFile[^1] != '\n')
        {
            text.Append('\n');
        }

        AppendAliases(text, aliases);
        return text.ToString();
    }

    private static void AppendAliases(StringBuilder text, IReadOnlyList<HostAlias> aliases)
    {
        bool first = true;
        for (int i = 0; i < aliases.Count; i++)
        {
            HostAlias alias = aliases[i];
            if (!IPAddress.TryParse(alias.Address, out IPAddress? address) || alias.Address.Contains('%', StringComparison.Ordinal))
            {
                throw new ArgumentException($"hostAliases[{i}].ip: {Printable(alias.Address)} is not an IP address");
            }

            if (alias.Names.Count == 0)
            {
                continue;
            }

            if (first)
            {
                text.Append("\n# Entries added by HostAliases.\n");
                first = false;
            }

            text.Append(address);
            for (int n = 0; n < alias.Names.Count; n++)
            {
                CheckName(alias.Names[n], $"hostAliases[{i}].hostnames[{n}]");
                text.Append('\t').Append(alias.Names[n]);
            }

            text.Append('\n');
        }
    }

    /// <summary>A line break or a space in a name would write entries of its own, a <c>#</c> would hide the ones after it.</summary>
    private static void CheckName(string name, string field)
    {
        ArgumentException.ThrowIfNullOrEmpty(name, field);
        foreach (char c in name)
        {
            if (c is <= ' ' or '#' or >= '\x7f')
            {
                throw new ArgumentException($"{field}: {Printable(name)} contains a character that a host name cannot have");
            }
        }
    }

    private static string Printable(string text) =>
        '"' + string.Concat(text.Select(c => c is < ' ' or '"' or '\\' or >= '\x7f' ? $"\\u{(int)c:x4}" : c.ToString())) + '"';
}
