using System.Net;
using Insula.Network.Dns.Cluster;

namespace Insula.Network.Dns;

/// <summary>A pod's <c>resolv.conf</c> from its DNS policy, as the kubelet forms it (Kubernetes: "DNS for Services and Pods").</summary>
public static class PodDns
{
    /// <summary>The C library reads no more name servers than this.</summary>
    public const int MaxNameservers = 3;

    /// <summary>Kubernetes allows no more search domains than this.</summary>
    public const int MaxSearches = 32;

    /// <summary>Kubernetes allows no longer search list than this, in characters with the spaces between.</summary>
    public const int MaxSearchCharacters = 2048;

    private const string ClusterOption = "ndots:5";

    /// <summary>
    /// Forms the file. On the host's network <c>ClusterFirst</c> acts as <c>Default</c>, and so do it and <c>ClusterFirstWithHostNet</c>
    /// where there is no cluster DNS.
    /// </summary>
    /// <param name="policy"><c>ClusterFirst</c>, <c>ClusterFirstWithHostNet</c>, <c>Default</c> or <c>None</c>.</param>
    /// <param name="config">The pod's <c>dnsConfig</c>.</param>
    /// <param name="host">The host's files.</param>
    /// <param name="hostNetwork">Whether the pod shares the host's network: then a resolver on a loopback address is within its reach.</param>
    /// <param name="podNamespace">The pod's namespace, whose Services it finds by their name alone.</param>
    /// <param name="cluster">The cluster's DNS; <see langword="null"/> when there is none.</param>
    /// <exception cref="ArgumentException">The policy is not one of the four.</exception>
    public static ResolvConf Resolve(
        string policy, PodDnsConfig? config, HostResolver host, bool hostNetwork, string podNamespace, ClusterDnsInfo? cluster)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(host);
        List<string> warnings = [];
        ResolvConf start = policy switch
        {
            "None" => new ResolvConf(),
            "ClusterFirst" when cluster is not null && !hostNetwork => FromCluster(cluster, podNamespace, host),
            "ClusterFirstWithHostNet" when cluster is not null => FromCluster(cluster, podNamespace, host),
            "Default" or "ClusterFirst" or "ClusterFirstWithHostNet" => FromHost(host, hostNetwork, warnings),
            _ => throw new ArgumentException(
                $"dnsPolicy \"{policy}\" is not known; use ClusterFirst, ClusterFirstWithHostNet, Default or None", nameof(policy)),
        };
        List<string> nameservers = Merge(start.Nameservers, config?.Nameservers);
        List<string> searches = Merge(start.Searches, config?.Searches);
        if (nameservers.Count > MaxNameservers)
        {
            warnings.Add($"Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: {string.Join(' ', nameservers.Take(MaxNameservers))}");
            nameservers.RemoveRange(MaxNameservers, nameservers.Count - MaxNameservers);
        }

        int fitting = Fitting(searches);
        if (fitting < searches.Count)
        {
            searches.RemoveRange(fitting, searches.Count - fitting);
            warnings.Add($"Search Line limits were exceeded, some search paths have been omitted, the applied search line is: {string.Join(' ', searches)}");
        }

        return new ResolvConf
        {
            Nameservers = nameservers,
            Searches = searches,
            Options = MergeOptions(start.Options, config?.Options ?? []),
            Warnings = warnings,
        };
    }

    private static ResolvConf FromCluster(ClusterDnsInfo cluster, string podNamespace, HostResolver host) => new()
    {
        Nameservers = [cluster.Address.ToString()],
        Searches =
        [
            .. ((string[])[$"{podNamespace}.svc.{cluster.Domain}", $"svc.{cluster.Domain}", cluster.Domain])
                .Concat(ResolvConf.Parse(host.ResolvConf ?? "").Searches).Distinct(StringComparer.Ordinal),
        ],
        Options = [ClusterOption],
    };

    private static ResolvConf FromHost(HostResolver host, bool hostNetwork, List<string> warnings)
    {
        ResolvConf file = ResolvConf.Parse(host.ResolvConf ?? "");
        if (hostNetwork)
        {
            return file;
        }

        if (file.Nameservers.Any(IsLoopback) && host.UpstreamResolvConf is not null)
        {
            // systemd-resolved's stub answers on the host's loopback only; the file it keeps beside lists the servers it asks itself.
            file = ResolvConf.Parse(host.UpstreamResolvConf);
        }

        List<string> reachable = [];
        foreach (string nameserver in file.Nameservers)
        {
            if (IsLoopback(nameserver))
            {
                warnings.Add($"The host's name server {nameserver} is a loopback address that no pod can reach; it was left out. Name a server in dnsConfig.nameservers, or use dnsPolicy: None.");
            }
            else if (IPAddress.TryParse(nameserver, out IPAddress? address) && address.IsIPv6LinkLocal)
            {
                warnings.Add($"The host's name server {nameserver} is a link-local address that no pod can reach; it was left out.");
            }
            else
            {
                reachable.Add(nameserver);
            }
        }

        if (reachable.Count == 0)
        {
            warnings.Add("The host has no name server that a pod can reach: names will not resolve. Name one in dnsConfig.nameservers or in the host's /etc/resolv.conf.");
        }

        return file with { Nameservers = reachable };
    }

    private static bool IsLoopback(string nameserver) =>
        IPAddress.TryParse(nameserver, out IPAddress? address)
        && IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    private static List<string> Merge(IReadOnlyList<string> first, IReadOnlyList<string>? second) =>
        [.. first.Concat(second ?? []).Distinct(StringComparer.Ordinal)];

    private static int Fitting(List<string> searches)
    {
        int characters = 0;
        for (int i = 0; i < searches.Count; i++)
        {
            characters += searches[i].Length + (i > 0 ? 1 : 0);
            if (i == MaxSearches || characters > MaxSearchCharacters)
            {
                return i;
            }
        }

        return searches.Count;
    }

    private static List<string> MergeOptions(IReadOnlyList<string> options, IReadOnlyList<KeyValuePair<string, string?>> added)
    {
        List<KeyValuePair<string, string?>> merged = [];
        foreach (KeyValuePair<string, string?> option in options.Select(Split).Concat(added))
        {
            int known = merged.FindIndex(o => o.Key == option.Key);
            if (known < 0)
            {
                merged.Add(option);
            }
            else
            {
                merged[known] = option;
            }
        }

        return [.. merged.Select(o => o.Value is null ? o.Key : $"{o.Key}:{o.Value}")];
    }

    private static KeyValuePair<string, string?> Split(string option)
    {
        int colon = option.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? new(option, null) : new(option[..colon], option[(colon + 1)..]);
    }
}
