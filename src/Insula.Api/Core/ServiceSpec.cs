using System.Text.Json.Serialization;
using Insula.Api.Values;

namespace Insula.Api.Core;

/// <summary>What a Service should be (core/v1 ServiceSpec).</summary>
public sealed record ServiceSpec
{
    /// <summary>ClusterIP (default), NodePort, LoadBalancer or ExternalName; see <see cref="ServiceTypeNames"/>.</summary>
    public string? Type { get; init; }

    /// <summary>The ports it serves.</summary>
    public IReadOnlyList<ServicePort> Ports { get; init => field = value ?? []; } = [];

    /// <summary>Labels of the pods it leads to; empty: its endpoints are made by others.</summary>
    public IReadOnlyDictionary<string, string> Selector { get; init => field = value ?? Empty.Map; } = Empty.Map;

    /// <summary>Its address; "None": it has none, and its name leads to the pods' own.</summary>
    public string? ClusterIP { get; init; }

    /// <summary>The same, one a family.</summary>
    public IReadOnlyList<string> ClusterIPs { get; init => field = value ?? []; } = [];

    /// <summary>The name that a Service of the type ExternalName stands for.</summary>
    public string? ExternalName { get; init; }

    /// <summary>None (default) or ClientIP.</summary>
    public string? SessionAffinity { get; init; }

    /// <summary>Settings of the affinity.</summary>
    public SessionAffinityConfig? SessionAffinityConfig { get; init; }

    /// <summary>Whether pods that are not ready are endpoints, too.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool PublishNotReadyAddresses { get; init; }

    /// <summary>Cluster (default) or Local, for connections from pods and from this machine.</summary>
    public string? InternalTrafficPolicy { get; init; }

    /// <summary>Cluster (default) or Local, for connections by node ports.</summary>
    public string? ExternalTrafficPolicy { get; init; }

    /// <summary>Families of its addresses.</summary>
    public IReadOnlyList<string> IpFamilies { get; init => field = value ?? []; } = [];

    /// <summary>How many families it must have.</summary>
    public string? IpFamilyPolicy { get; init; }

    /// <summary>Whether a Service of the type LoadBalancer has node ports; default true.</summary>
    public bool? AllocateLoadBalancerNodePorts { get; init; }

    /// <summary>The address wanted of the load balancer.</summary>
    public string? LoadBalancerIP { get; init; }

    /// <summary>Which load balancer is wanted; null: the daemon's default one.</summary>
    public string? LoadBalancerClass { get; init; }

    /// <summary>The networks whose addresses may come by the load balancer's address; empty: all.</summary>
    public IReadOnlyList<string> LoadBalancerSourceRanges { get; init => field = value ?? []; } = [];

    /// <summary>The port at which a load balancer asks whether there are endpoints here; see <see cref="NeedsHealthCheckPort"/>.</summary>
    public int? HealthCheckNodePort { get; init; }

    /// <summary>No meaning on one machine.</summary>
    public string? TrafficDistribution { get; init; }

    /// <summary>Whether it has an address of its own: neither headless nor a name for something else.</summary>
    [JsonIgnore]
    public bool HasAddress => Type != ServiceTypeNames.ExternalName && ClusterIP is { Length: > 0 } and not Headless;

    /// <summary>Its addresses, one a family; none when <see cref="HasAddress"/> is false.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Addresses => !HasAddress ? [] : ClusterIPs.Count > 0 ? ClusterIPs : [ClusterIP!];

    /// <summary>The families it has, the first one first: those of its addresses, or of its endpoints when it has none itself.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Families => IpFamilies.Count > 0 ? IpFamilies : [IPFamilies.IPv4];

    /// <summary>Whether it is told apart, by a port of its own, whether this machine has endpoints of it: a LoadBalancer's with the policy Local.</summary>
    [JsonIgnore]
    public bool NeedsHealthCheckPort => Type == ServiceTypeNames.LoadBalancer && ExternalTrafficPolicy == TrafficPolicies.Local;

    /// <summary>Whether its name leads to the pods' addresses.</summary>
    [JsonIgnore]
    public bool IsHeadless => Type != ServiceTypeNames.ExternalName && ClusterIP == Headless;

    /// <summary>The value of clusterIP that means none.</summary>
    public const string Headless = "None";
}
