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
        var name = DnsName.FromText(text);
        if (service.Spec.Type == ServiceTypeNames.ExternalName)
        {
            return [new(name, DnsRecord.Alias(DnsName.FromText(service.Spec.ExternalName ?? ""), Ttl))];
        }

        return service.Spec.HasAddress ? OfAddress(service, name, text) : OfEndpoints(endpoints, name, text);
    }

    /// <summary>The record of a pod: its address with dashes for dots.</summary>
    public static IReadOnlyList<NamedRecord> Of(PodFacts pod, string domain)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return pod.Address is { } address && IPAddress.TryParse(address, out var parsed)
            ? [new(DnsName.FromText($"{Dashed(parsed)}.{pod.Namespace}.pod.{domain}"), DnsRecord.Address(parsed, Ttl))]
            : [];
    }

    private static List<NamedRecord> OfAddress(Service service, byte[] name, string text)
    {
        var address = IPAddress.Parse(service.Spec.ClusterIP!);
        var records = new List<NamedRecord> { new(name, DnsRecord.Address(address, Ttl)), new(DnsName.Reverse(address), DnsRecord.Pointer(name, Ttl)) };
        records.AddRange(service.Spec.Ports.Where(p => !string.IsNullOrEmpty(p.Name))
            .Select(p => new NamedRecord(PortName(p.Name!, p.Protocol, text), DnsRecord.Service(0, Weight, (ushort)p.Port, name, Ttl))));
        return records;
    }

    /// <summary>Without an address of its own: those of the endpoints that are ready, together and each by its name.</summary>
    private static List<NamedRecord> OfEndpoints(IReadOnlyList<PortedEndpoints> endpoints, byte[] name, string text)
    {
        var records = new List<NamedRecord>();
        foreach (var group in endpoints)
        {
            foreach (var endpoint in group.Endpoints.Where(e => e.Conditions.Ready != false))
            {
                foreach (var address in endpoint.Addresses.Select(a => IPAddress.TryParse(a, out var parsed) ? parsed : null).OfType<IPAddress>())
                {
                    var own = DnsName.FromText($"{(string.IsNullOrEmpty(endpoint.Hostname) ? Dashed(address) : endpoint.Hostname)}.{text}");
                    records.Add(new(name, DnsRecord.Address(address, Ttl)));
                    records.Add(new(own, DnsRecord.Address(address, Ttl)));
                    records.Add(new(DnsName.Reverse(address), DnsRecord.Pointer(own, Ttl)));
                    records.AddRange(group.Ports.Where(p => !string.IsNullOrEmpty(p.Name) && p.Port is > 0)
                        .Select(p => new NamedRecord(PortName(p.Name!, p.Protocol, text), DnsRecord.Service(0, Weight, (ushort)p.Port!.Value, own, Ttl))));
                }
            }
        }

        return records;
    }

    private static byte[] PortName(string port, string? protocol, string service) =>
        DnsName.FromText($"_{port}._{protocol ?? Protocols.TCP}.{service}");

    private static string Dashed(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork
        ? address.ToString().Replace('.', '-')
        : string.Join('-', Enumerable.Range(0, 8).Select(i => $"{(address.GetAddressBytes()[2 * i] << 8) | address.GetAddressBytes()[(2 * i) + 1]:x}"));
}
