using Insula.Api.Core;

namespace Insula.Network.Balancers;

/// <summary>What a provider is to know of a Service.</summary>
public sealed record BalancerRequest
{
    /// <summary>Which Service.</summary>
    public required BalancerName Service { get; init; }

    /// <summary>Its ports.</summary>
    public required IReadOnlyList<BalancerPort> Ports { get; init; }

    /// <summary>The families of the Service (<see cref="IPFamilies"/>): it is led on from addresses of these alone. The first one has to be had, the other where it can.</summary>
    public required IReadOnlyList<string> Families { get; init; }

    /// <summary>The address it asks for; null for any.</summary>
    public string? Address { get; init; }

    /// <summary>Networks that may come; empty: all.</summary>
    public IReadOnlyList<string> SourceRanges { get; init; } = [];

    /// <summary>Cluster or Local.</summary>
    public string? ExternalTrafficPolicy { get; init; }

    /// <summary>Where it says whether there are endpoints on this machine; null for nowhere.</summary>
    public int? HealthCheckNodePort { get; init; }

    /// <summary>Addresses of this machine at which its node ports are.</summary>
    public IReadOnlyList<string> NodeAddresses { get; init; } = [];

    /// <summary>Its annotations: settings that one provider alone knows.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>What its status says it has.</summary>
    public IReadOnlyList<LoadBalancerIngress> Present { get; init; } = [];

    /// <summary>What is asked for a Service.</summary>
    /// <param name="service">The Service.</param>
    /// <param name="nodeAddresses">Addresses of this machine.</param>
    public static BalancerRequest Of(Service service, IReadOnlyList<string> nodeAddresses)
    {
        ArgumentNullException.ThrowIfNull(service);
        return new()
        {
            Service = NameOf(service),
            Ports = [.. service.Spec.Ports.Select(p => new BalancerPort(p.Name ?? "", p.Protocol ?? Protocols.TCP, p.Port, p.NodePort is > 0 ? p.NodePort : null))],
            Families = service.Spec.Families,
            Address = string.IsNullOrEmpty(service.Spec.LoadBalancerIP) ? null : service.Spec.LoadBalancerIP,
            SourceRanges = service.Spec.LoadBalancerSourceRanges,
            ExternalTrafficPolicy = service.Spec.ExternalTrafficPolicy,
            HealthCheckNodePort = service.Spec.NeedsHealthCheckPort ? service.Spec.HealthCheckNodePort : null,
            NodeAddresses = nodeAddresses,
            Annotations = service.Metadata.Annotations,
            Present = service.Status.LoadBalancer.Ingress,
        };
    }

    /// <summary>Whose load balancer a Service's is.</summary>
    public static BalancerName NameOf(Service service)
    {
        ArgumentNullException.ThrowIfNull(service);
        return new(service.Metadata.Uid ?? "", service.Metadata.Namespace ?? "", service.Metadata.Name);
    }

    /// <summary>Whether another request asks for the same; what is present does not count.</summary>
    public bool AsksFor(BalancerRequest? other) => other is not null
        && (Service, Address, ExternalTrafficPolicy, HealthCheckNodePort) == (other.Service, other.Address, other.ExternalTrafficPolicy, other.HealthCheckNodePort)
        && Families.SequenceEqual(other.Families) && Ports.SequenceEqual(other.Ports) && SourceRanges.SequenceEqual(other.SourceRanges) && NodeAddresses.SequenceEqual(other.NodeAddresses)
        && Annotations.Count == other.Annotations.Count && Annotations.All(a => other.Annotations.TryGetValue(a.Key, out var value) && value == a.Value);
}
