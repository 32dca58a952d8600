using Insula.Api.Meta;

namespace Insula.Api.Core;

/// <summary>Some of the endpoints of a Service (discovery.k8s.io/v1 EndpointSlice).</summary>
public sealed record EndpointSlice
{
    /// <summary>The label that names the Service.</summary>
    public const string ServiceLabel = "kubernetes.io/service-name";

    /// <summary>The label that names who keeps the slice up to date.</summary>
    public const string ManagedByLabel = "endpointslice.kubernetes.io/managed-by";

    /// <summary>Always "EndpointSlice".</summary>
    public string Kind { get; init => field = value ?? "EndpointSlice"; } = "EndpointSlice";

    /// <summary>Always "discovery.k8s.io/v1".</summary>
    public string ApiVersion { get; init => field = value ?? "discovery.k8s.io/v1"; } = "discovery.k8s.io/v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>IPv4, IPv6 or FQDN.</summary>
    public string AddressType { get; init => field = value ?? ""; } = "";

    /// <summary>The endpoints.</summary>
    public IReadOnlyList<Endpoint> Endpoints { get; init => field = value ?? []; } = [];

    /// <summary>The ports at each of them.</summary>
    public IReadOnlyList<EndpointPort> Ports { get; init => field = value ?? []; } = [];
}
