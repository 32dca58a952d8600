using System.Net;
using Insula.Api.Core;
using Insula.Network.Dns;
using Insula.Network.Hosts;
using Insula.Pods.Workers;
using HostAlias = Insula.Network.Hosts.HostAlias;
using PodDnsConfig = Insula.Network.Dns.PodDnsConfig;

namespace Insula.Pods.Launch;

/// <summary>The files of a pod's own: <c>/etc/hosts</c>, <c>/etc/hostname</c>, <c>/etc/resolv.conf</c>.</summary>
internal static class PodFiles
{
    private const int MaxHostname = 63;
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>What the kernel calls the pod: the host name, or with <c>setHostnameAsFQDN</c> the full one.</summary>
    public static string KernelHostname(Pod pod, string clusterDomain) =>
        pod.Spec.SetHostnameAsFQDN == true && Domain(pod, clusterDomain) is { } domain ? $"{Hostname(pod)}.{domain}" : Hostname(pod);

    /// <summary>The pod's host name: <c>spec.hostname</c>, else its name, cut to what the kernel and DNS take.</summary>
    public static string Hostname(Pod pod)
    {
        var name = pod.Spec.Hostname is { Length: > 0 } own ? own : pod.Metadata.Name;
        return name.Length <= MaxHostname ? name : name[..MaxHostname].TrimEnd('-', '.');
    }

    /// <summary>Makes the pod's directory and those below it that only the daemon enters.</summary>
    public static void MakeDirectories(string podDirectory)
    {
        Directory.CreateDirectory(podDirectory, Private);
        foreach (var name in (string[])["etc", PodPlaces.Logs, "volumes", PodPlaces.Layers, "termination"])
        {
            Directory.CreateDirectory(Path.Combine(podDirectory, name), Private);
        }
    }

    /// <summary>Writes the files; a later sandbox's replace an earlier one's in place.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="podDirectory">Its directory.</param>
    /// <param name="addresses">Its addresses.</param>
    /// <param name="options">What the operator set.</param>
    /// <param name="network">The name servers of its network, which stand for the machine's; null when the network has none of its own.</param>
    /// <returns>Warnings for the pod's events.</returns>
    public static IReadOnlyList<string> Write(Pod pod, string podDirectory, IReadOnlyList<IPAddress> addresses, PodOptions options, ResolvConf? network)
    {
        var etc = Path.Combine(podDirectory, "etc");
        var hostname = Hostname(pod);
        var aliases = pod.Spec.HostAliases.Select(a => new HostAlias(a.Ip, a.Hostnames)).ToList();
        var hosts = pod.Spec.HostNetwork
            ? HostsFile.RenderForHostNetwork(File.Exists("/etc/hosts") ? File.ReadAllText("/etc/hosts") : "", aliases)
            : HostsFile.Render(addresses, hostname, Domain(pod, options.ClusterDomain), aliases);
        WriteFile(Path.Combine(etc, "hosts"), hosts);
        WriteFile(Path.Combine(etc, "hostname"), (pod.Spec.HostNetwork ? Environment.MachineName : KernelHostname(pod, options.ClusterDomain)) + "\n");

        var resolved = Resolve(pod, options, network);
        WriteFile(Path.Combine(etc, "resolv.conf"), resolved.Render());
        return resolved.Warnings;
    }

    /// <summary>The pod's resolv.conf.</summary>
    public static ResolvConf Resolve(Pod pod, PodOptions options, ResolvConf? network)
    {
        var host = network is null ? HostResolver.Read(options.HostResolvConf) : new HostResolver { ResolvConf = network.Render() };
        var config = pod.Spec.DnsConfig is { } dns
            ? new PodDnsConfig
            {
                Nameservers = dns.Nameservers,
                Searches = dns.Searches,
                Options = [.. dns.Options.Select(o => new KeyValuePair<string, string?>(o.Name, o.Value))],
            }
            : null;
        var policy = pod.Spec.DnsPolicy ?? "ClusterFirst";
        return PodDns.Resolve(policy, config, host, pod.Spec.HostNetwork, pod.Metadata.Namespace ?? "default", options.ClusterDns());
    }

    private static string? Domain(Pod pod, string clusterDomain) => pod.Spec.Subdomain is { Length: > 0 } subdomain
        ? $"{subdomain}.{pod.Metadata.Namespace ?? "default"}.svc.{clusterDomain}"
        : null;

    private static void WriteFile(string path, string text)
    {
        using (var stream = new FileStream(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = Readable }))
        using (var writer = new StreamWriter(stream))
        {
            writer.Write(text);
        }

        // The umask had its say at creation.
        File.SetUnixFileMode(path, Readable);
    }
}
