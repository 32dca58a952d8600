using System.Net;
using Insula.Api.Core;
using Insula.Api.Validation;

namespace Insula.Api.Services;

/// <summary>Checks Endpoints and EndpointSlices as Kubernetes does.</summary>
public static class EndpointsValidation
{
    private const int MostEndpoints = 1000;
    private const int MostAddresses = 100;
    private const int MostPorts = 100;

    /// <summary>What is wrong with Endpoints; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> Validate(Endpoints endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var errors = new List<FieldError>();
        var at = new ErrorList(errors, "");
        MetadataValidation.Validate(at.Field("metadata"), endpoints.Metadata, namespaced: true);
        for (var i = 0; i < endpoints.Subsets.Count; i++)
        {
            var subset = endpoints.Subsets[i];
            var one = at.Field("subsets").Index(i);
            if (subset.Addresses.Count == 0 && subset.NotReadyAddresses.Count == 0)
            {
                one.Required("must specify `addresses` or `notReadyAddresses`");
            }

            foreach (var (field, addresses) in new[] { ("addresses", subset.Addresses), ("notReadyAddresses", subset.NotReadyAddresses) })
            {
                for (var j = 0; j < addresses.Count; j++)
                {
                    var address = one.Field(field).Index(j);
                    AddressOfEither(address.Field("ip"), addresses[j].Ip);
                    Hostname(address.Field("hostname"), addresses[j].Hostname);
                    Node(address.Field("nodeName"), addresses[j].NodeName);
                    Target(address.Field("targetRef"), addresses[j].TargetRef);
                }
            }

            Ports(one.Field("ports"), subset.Ports, numbered: true);
        }

        return errors;
    }

    /// <summary>What is wrong with an EndpointSlice; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> Validate(EndpointSlice slice)
    {
        ArgumentNullException.ThrowIfNull(slice);
        var errors = new List<FieldError>();
        var at = new ErrorList(errors, "");
        MetadataValidation.Validate(at.Field("metadata"), slice.Metadata, namespaced: true);
        if (slice.Endpoints.Count > MostEndpoints)
        {
            errors.Add(FieldError.TooMany("endpoints", slice.Endpoints.Count, MostEndpoints));
        }

        if (slice.Ports.Count > MostPorts)
        {
            errors.Add(FieldError.TooMany("ports", slice.Ports.Count, MostPorts));
        }

        for (var i = 0; i < slice.Endpoints.Count && i < MostEndpoints; i++)
        {
            One(at.Field("endpoints").Index(i), slice.Endpoints[i], slice.AddressType);
        }

        Ports(at.Field("ports"), [.. slice.Ports.Take(MostPorts)], numbered: false);
        return errors;
    }

    /// <summary>What a change of an EndpointSlice would touch that may not change.</summary>
    public static IReadOnlyList<FieldError> ValidateUpdate(EndpointSlice before, EndpointSlice after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        return before.AddressType == after.AddressType ? [] : [FieldError.Invalid("addressType", after.AddressType, "field is immutable")];
    }

    private static void One(ErrorList at, Endpoint endpoint, string type)
    {
        var addresses = at.Field("addresses");
        if (endpoint.Addresses.Count == 0)
        {
            addresses.Required("must contain at least 1 address");
        }
        else if (endpoint.Addresses.Count > MostAddresses)
        {
            at.All.Add(FieldError.TooMany(addresses.Path, endpoint.Addresses.Count, MostAddresses));
        }

        for (var i = 0; i < endpoint.Addresses.Count && i < MostAddresses; i++)
        {
            switch (type)
            {
                case "IPv4":
                    Address(addresses.Index(i), endpoint.Addresses[i]);
                    break;
                case "IPv6":
                    AddressV6(addresses.Index(i), endpoint.Addresses[i]);
                    break;
                default:
                    addresses.Index(i).Name(endpoint.Addresses[i].TrimEnd('.'), Names.Dns1123Subdomain);
                    break;
            }
        }

        Hostname(at.Field("hostname"), endpoint.Hostname);
        Node(at.Field("nodeName"), endpoint.NodeName);
        Target(at.Field("targetRef"), endpoint.TargetRef);
        at.Field("zone").Plain(endpoint.Zone);
    }

    private static void Ports(ErrorList at, IReadOnlyList<EndpointPort> ports, bool numbered)
    {
        var names = new HashSet<string>();
        for (var i = 0; i < ports.Count; i++)
        {
            var one = at.Index(i);
            var name = ports[i].Name ?? "";
            if (name.Length > 0 && Names.Dns1123Label(name) is { } complaint)
            {
                one.Field("name").Invalid(name, complaint);
            }
            else if (name.Length == 0 && ports.Count > 1 && numbered)
            {
                one.Field("name").Required();
            }
            else if (!names.Add(name))
            {
                one.Field("name").Duplicate(name);
            }

            if (ports[i].Port is not null || numbered)
            {
                one.Field("port").Range(ports[i].Port ?? 0, 1, 65535);
            }

            if (ports[i].AppProtocol is { Length: > 0 } application && Names.QualifiedName(application) is { } wrong)
            {
                one.Field("appProtocol").Invalid(application, wrong);
            }
        }
    }

    private static void AddressOfEither(ErrorList at, string text)
    {
        if (IPFamilies.Of(text) == IPFamilies.IPv6)
        {
            AddressV6(at, text);
        }
        else
        {
            Address(at, text);
        }
    }

    // Whoever may write these must not reach what listens on this machine alone.
    private static void Address(ErrorList at, string text)
    {
        if (!ServiceValidation.IsIPv4(text))
        {
            at.Invalid(text, "must be a valid IPv4 address");
            return;
        }

        var bytes = IPAddress.Parse(text).GetAddressBytes();
        if (Complaint(bytes) is { } complaint)
        {
            at.Invalid(text, complaint);
        }
    }

    private static string? Complaint(byte[] bytes) =>
        bytes[0] == 0 ? "may not be in the unspecified range (0.0.0.0/8)"
        : bytes[0] == 127 ? "may not be in the loopback range (127.0.0.0/8, ::1/128)"
        : bytes[0] == 169 && bytes[1] == 254 ? "may not be in the link-local range (169.254.0.0/16, fe80::/10)"
        : bytes[0] is >= 224 and < 240 ? "may not be in the multicast range (224.0.0.0/4, ff00::/8)"
        : bytes.All(b => b == 255) ? "may not be the broadcast address"
        : null;

    private static void AddressV6(ErrorList at, string text)
    {
        if (IPFamilies.Of(text) != IPFamilies.IPv6)
        {
            at.Invalid(text, "must be a valid IPv6 address in its usual form, such as 2001:db8::7, and none that stands for an IPv4 address");
        }
        else if (IPAddress.Parse(text) is var address && (address.Equals(IPAddress.IPv6Any) || IPAddress.IsLoopback(address) || address.IsIPv6LinkLocal || address.IsIPv6Multicast))
        {
            at.Invalid(text, "may not be an unspecified, loopback, link-local or multicast address");
        }
    }

    private static void Hostname(ErrorList at, string? name)
    {
        if (name is { Length: > 0 } && Names.Dns1123Label(name) is { } complaint)
        {
            at.Invalid(name, complaint);
        }
    }

    private static void Target(ErrorList at, ObjectReference? target)
    {
        foreach (var (field, text) in new[]
            { ("kind", target?.Kind), ("namespace", target?.Namespace), ("name", target?.Name), ("uid", target?.Uid), ("apiVersion", target?.ApiVersion), ("resourceVersion", target?.ResourceVersion), ("fieldPath", target?.FieldPath) })
        {
            at.Field(field).Plain(text);
        }
    }

    private static void Node(ErrorList at, string? name)
    {
        if (name is { Length: > 0 } && Names.Dns1123Subdomain(name) is { } complaint)
        {
            at.Invalid(name, complaint);
        }
    }
}
