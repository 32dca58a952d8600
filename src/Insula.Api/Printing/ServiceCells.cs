using System.Text.Json.Nodes;
using Insula.Api.Core;

namespace Insula.Api.Printing;

/// <summary>The cells that Services, Endpoints and EndpointSlices have between name and age, as kubectl shows them.</summary>
public static class ServiceCells
{
    private const string None = "<none>";
    private const string Unset = "<unset>";
    private const int Most = 3;

    /// <summary>Ports as <c>80:30080/TCP,53/UDP</c>.</summary>
    public static string Ports(ServiceSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return OrNone(string.Join(',', spec.Ports.Select(p => p.NodePort is > 0 ? $"{p.Port}:{p.NodePort}/{p.Protocol}" : $"{p.Port}/{p.Protocol}")));
    }

    /// <summary>Where its load balancer is reached, separated by commas; empty for nowhere.</summary>
    public static string Ingress(ServiceStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
        return string.Join(',', status.LoadBalancer.Ingress.Select(i => string.IsNullOrEmpty(i.Ip) ? i.Hostname : i.Ip).Where(i => !string.IsNullOrEmpty(i)).Distinct());
    }

    internal static JsonNode?[] Of(ServiceSpec spec, ServiceStatus status) =>
    [
        spec.Type,
        spec.Type == ServiceTypeNames.ExternalName ? None : OrNone(spec.ClusterIP),
        spec.Type switch
        {
            ServiceTypeNames.ExternalName => OrNone(spec.ExternalName),
            ServiceTypeNames.LoadBalancer => Ingress(status) is { Length: > 0 } ways ? ways : "<pending>",
            _ => None,
        },
        Ports(spec),
    ];

    internal static string Selector(ServiceSpec spec) => OrNone(string.Join(',', spec.Selector.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}")));

    internal static string Of(Endpoints endpoints) => Some(
        endpoints.Subsets.SelectMany(s => s.Ports.Count == 0
            ? s.Addresses.Select(a => a.Ip)
            : s.Ports.SelectMany(p => s.Addresses.Select(a => $"{(a.Ip.Contains(':', StringComparison.Ordinal) ? $"[{a.Ip}]" : a.Ip)}:{p.Port}"))),
        None);

    internal static JsonNode?[] Of(EndpointSlice slice) =>
    [
        slice.AddressType,
        Some(slice.Ports.Select(p => p.Port?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? Unset), Unset),
        Some(slice.Endpoints.SelectMany(e => e.Addresses.Take(1)), Unset),
    ];

    private static string Some(IEnumerable<string> all, string none)
    {
        var list = all.ToList();
        return list.Count == 0 ? none
            : list.Count <= Most ? string.Join(',', list)
            : $"{string.Join(',', list.Take(Most))} + {list.Count - Most} more...";
    }

    private static string OrNone(string? text) => string.IsNullOrEmpty(text) ? None : text;
}
