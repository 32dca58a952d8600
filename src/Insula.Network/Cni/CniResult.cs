using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Insula.Network.Dns;

namespace Insula.Network.Cni;

/// <summary>What ADD has given, of whichever version. Pure; a plug-in's answer is not trusted.</summary>
internal sealed record CniResult
{
    private const int MostInterfaces = 256;
    private const int MostAddresses = 64;
    private const int MostNames = 64;
    private const int LongestName = 253;

    /// <summary>The answer as it came: the next plug-in gets it, and so do DEL and CHECK.</summary>
    public required JsonObject Json { get; init; }

    /// <summary>The pod's addresses, the first of each family, IPv4 before IPv6, as a kubelet takes them.</summary>
    public required IReadOnlyList<IPAddress> Addresses { get; init; }

    /// <summary>What the network says of name servers; null when it names none.</summary>
    public ResolvConf? Dns { get; init; }

    /// <summary>Reads an answer.</summary>
    /// <param name="json">The answer.</param>
    /// <param name="version">The version that was spoken.</param>
    /// <exception cref="CniException">It is not right; the message names the field.</exception>
    public static CniResult Read(JsonObject json, string version)
    {
        string? said = JsonReading.Text(json, "cniVersion", "");
        if (said is not null && said != version)
        {
            throw new CniException($"cniVersion: the answer is of {JsonReading.Printable(said)}, and was asked for in {version}");
        }

        List<(string Name, string? Sandbox)> interfaces =
        [
            .. JsonReading.Objects(json, "interfaces", "", MostInterfaces).Select((o, i) =>
                (JsonReading.Text(o, "name", $"interfaces[{i}].") ?? throw new CniException($"interfaces[{i}].name: required"), JsonReading.Text(o, "sandbox", $"interfaces[{i}]."))),
        ];
        List<IPAddress> addresses = [];
        foreach ((JsonObject ip, int i) in JsonReading.Objects(json, "ips", "", MostAddresses).Select((o, i) => (o, i)))
        {
            if (Address(ip, $"ips[{i}].", interfaces) is { } address)
            {
                addresses.Add(address);
            }
        }

        return new CniResult
        {
            Json = json,
            Addresses =
            [
                .. addresses.Where(a => a.AddressFamily == AddressFamily.InterNetwork).Take(1),
                .. addresses.Where(a => a.AddressFamily == AddressFamily.InterNetworkV6).Take(1),
            ],
            Dns = JsonReading.Child(json, "dns", "") is { } dns ? Names(dns) : null,
        };
    }

    /// <summary>An address of the pod; null for one of a link on the host's side.</summary>
    private static IPAddress? Address(JsonObject ip, string path, List<(string Name, string? Sandbox)> interfaces)
    {
        string text = JsonReading.Text(ip, "address", path) ?? throw new CniException($"{path}address: required");
        if (text.Split('/') is not [string host, string length] || !IPAddress.TryParse(host, out IPAddress? address) || address.ScopeId() != 0
            || !byte.TryParse(length, System.Globalization.NumberStyles.None, null, out byte prefix) || prefix > (address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128))
        {
            throw new CniException($"{path}address: \"{JsonReading.Printable(text)}\" is no address with the length of its prefix, like 10.1.0.5/16");
        }

        if (JsonReading.Number(ip, "interface", path) is not { } index)
        {
            return address;
        }

        return index >= 0 && index < interfaces.Count
            ? (string.IsNullOrEmpty(interfaces[index].Sandbox) ? null : address)
            : throw new CniException($"{path}interface: there is no interface {index}");
    }

    private static ResolvConf? Names(JsonObject dns)
    {
        IReadOnlyList<string> servers = JsonReading.Texts(dns, "nameservers", "dns.", MostNames);
        if (servers.FirstOrDefault(s => !IPAddress.TryParse(s, out _)) is { } wrong)
        {
            throw new CniException($"dns.nameservers: \"{JsonReading.Printable(wrong)}\" is no IP address");
        }

        string? domain = JsonReading.Text(dns, "domain", "dns.");
        string[] searches = [.. JsonReading.Texts(dns, "search", "dns.", MostNames), .. string.IsNullOrEmpty(domain) ? Array.Empty<string>() : [domain]];
        IReadOnlyList<string> options = JsonReading.Texts(dns, "options", "dns.", MostNames);
        foreach (string word in searches.Concat(options).Where(w => w.Length is 0 or > LongestName || !w.All(c => c is > ' ' and < '\x7f')))
        {
            throw new CniException($"dns: \"{JsonReading.Printable(word)}\" cannot stand in a resolv.conf");
        }

        return servers.Count > 0 ? new ResolvConf { Nameservers = servers, Searches = [.. searches.Distinct()], Options = options } : null;
    }
}
