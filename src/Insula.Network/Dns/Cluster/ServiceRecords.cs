using System.Net;
using System.Net.Sockets;
using Insula.Api.Core;
using Insula.Dns.Messages;
using Insula.Dns.Tables;
using Insula.Network.Services;

namespace Insula.Network.Dns.Cluster;

/// <summary>The records of Services and pods (Kubernetes DNS-Based Service Discovery, 1.1). Pure.</summary>
public static class ServiceRecords
{
    /// <summary>The version of Kubernetes' schema that this is.</summary>
    public const string SchemaVersion = "1.1.0";

    /// <summary>Seconds that a name, or its not being there, may be kept. Whoever asks again gets what is true by then.</summary>
    public const uint Ttl = 5;

    private const ushort Weight = 100;

    /// <summary>The records of a Service.</summary>
    /// <param name="service">The Service.</param>
    /// <param name="endpoints">Its endpoints.</param>
    /// <param name="domain">What all names end with.</param>
    public static IReadOnlyList<NamedRecord> Of(Service service, IReadOnlyList<PortedEndpoints> endpoints, string domain)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(endpoints);
        var text = $"{service.Metadata.Name}.{service.Metadata.Namespace}.svc.{domain}";
        if (DnsName.TryFromText(text) is not { } name)
        {
            return [];
        }

        if (service.Spec.Type == ServiceTypeNames.ExternalName)
        {
            // Longer than any name that is: nobody could answer for it.
            return DnsName.TryFromText(service.Spec.ExternalName ?? "") is { } external ? [new(name, DnsRecord.Alias(external, Ttl))] : [];
        }

        return service.Spec.HasAddress ? OfAddress(service, name, text) : OfEndpoints(endpoints, name, text);
    }

    /// <summary>The records of a pod: its addresses with dashes for dots and colons.</summary>
    public static IReadOnlyList<NamedRecord> Of(PodFacts pod, string domain)
    {
        ArgumentNullException.ThrowIfNull(pod);
        var records = new List<NamedRecord>();
        foreach (var parsed in ((string?[])[pod.Address, pod.AddressV6]).OfType<string>().Select(IPAddress.Parse))
        {
            Add(records, $"{Dashed(parsed)}.{pod.Namespace}.pod.{domain}", DnsRecord.Address(parsed, Ttl));
        }

        return records;
    }

    private static List<NamedRecord> OfAddress(Service service, byte[] name, string text)
    {
        var records = service.Spec.Addresses.Select(IPAddress.Parse)
            .SelectMany(address => (NamedRecord[])[new(name, DnsRecord.Address(address, Ttl)), new(DnsName.Reverse(address), DnsRecord.Pointer(name, Ttl))]).ToList();
        foreach (var port in service.Spec.Ports)
        {
            AddPort(records, port.Name, port.Protocol, port.Port, text, name);
        }

        return records;
    }

    /// <summary>Without an address of its own: those of the endpoints that are ready, together and each by its name.</summary>
    private static List<NamedRecord> OfEndpoints(IReadOnlyList<PortedEndpoints> endpoints, byte[] name, string text)
    {
        var records = new List<NamedRecord>();
        var told = new HashSet<(string Name, string? Port, string? Protocol, int? Number)>();
        foreach (var group in endpoints)
        {
            foreach (var endpoint in group.Endpoints.Where(e => e.Conditions.Ready != false))
            {
                foreach (var address in endpoint.Addresses.Select(a => IPAddress.TryParse(a, out var parsed) ? parsed : null).OfType<IPAddress>())
                {
                    records.Add(new(name, DnsRecord.Address(address, Ttl)));
                    var ownText = $"{(string.IsNullOrEmpty(endpoint.Hostname) ? Dashed(address) : endpoint.Hostname)}.{text}";
                    if (Add(records, ownText, DnsRecord.Address(address, Ttl)) is not { } own)
                    {
                        continue;
                    }

                    records.Add(new(DnsName.Reverse(address), DnsRecord.Pointer(own, Ttl)));
                    // A pod with addresses of both families has its ports once.
                    foreach (var port in group.Ports.Where(p => told.Add((ownText, p.Name, p.Protocol, p.Port))))
                    {
                        AddPort(records, port.Name, port.Protocol, port.Port ?? 0, text, own);
                    }
                }
            }
        }

        return records;
    }

    /// <summary>A port that has a name, and whose name is one in DNS: with the line in front a label of 63 letters has one too many.</summary>
    private static void AddPort(List<NamedRecord> records, string? port, string? protocol, int number, string service, byte[] target)
    {
        if (!string.IsNullOrEmpty(port) && number > 0)
        {
            Add(records, $"_{port}._{protocol ?? Protocols.TCP}.{service}", DnsRecord.Service(0, Weight, (ushort)number, target, Ttl));
        }
    }

    /// <summary>Adds a record, unless its name is longer than names in DNS are; the answer is the name.</summary>
    private static byte[]? Add(List<NamedRecord> records, string name, DnsRecord record)
    {
        var bytes = DnsName.TryFromText(name);
        if (bytes is not null)
        {
            records.Add(new(bytes, record));
        }

        return bytes;
    }

    private static string Dashed(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork
        ? address.ToString().Replace('.', '-')
        : string.Join('-', Enumerable.Range(0, 8).Select(i => $"{(address.GetAddressBytes()[2 * i] << 8) | address.GetAddressBytes()[(2 * i) + 1]:x}"));
}
