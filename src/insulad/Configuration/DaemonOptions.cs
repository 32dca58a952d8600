using System.Net;
using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Api.PodSecurity;
using Insula.Api.Services;
using Insula.Network.Balancers;
using Insula.Network.Cni;
using Insula.Network.Dns.Cluster;
using Insula.Network.Services;
using Insula.Pods;
using Insula.Pods.Eviction;
using Insula.Pods.Images;
using Insula.Pods.Launch;
using Insula.Sandbox;
using Insula.Sandbox.Containers;
using Microsoft.Extensions.Logging;

namespace Insulad.Configuration;

/// <summary>Everything an operator may set. <see cref="OptionTable"/> names and documents each.</summary>
internal sealed record DaemonOptions
{
    public string Root { get; init; } = "/var/lib/insula";

    public string Run { get; init; } = "/run/insula";

    /// <summary>Null: <c>insula.sock</c> in the run directory.</summary>
    public string? Socket { get; init; }

    public string? ReadOnlySocket { get; init; }

    public string? Group { get; init; }

    public string? ReadOnlyGroup { get; init; }

    /// <summary>Where metrics are shown by TCP; null for nowhere.</summary>
    public IPEndPoint? MetricsListen { get; init; }

    public string? Shim { get; init; }

    /// <summary>Directory of static pods' manifests; null for none.</summary>
    public string? StaticPods { get; init; }

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    public LogFormat LogFormat { get; init; } = LogFormat.Auto;

    public string NodeName { get; init; } = Environment.MachineName.ToLowerInvariant();

    public IPNetwork? PodRange { get; init; }

    public IPNetwork? PodRangeV6 { get; init; }

    /// <summary>The range of Services' IPv6 addresses; null: one that is free, where there is a <see cref="PodRangeV6"/>.</summary>
    public IPNetwork? ServiceRangeV6 { get; init; }

    public IPNetwork? ServiceRange { get; init; }

    /// <summary>Whether there is a cluster DNS.</summary>
    public bool HasClusterDns { get; init; } = true;

    /// <summary>Its address; null for the tenth of Services' range.</summary>
    public IPAddress? ClusterDns { get; init; }

    public string ClusterDomain { get; init; } = ClusterDnsInfo.DefaultDomain;

    /// <summary>Null: <c>insula-dns</c> beside the daemon, or where packages put it.</summary>
    public string? DnsProgram { get; init; }

    /// <summary>The HAProxy program that serves Ingresses.</summary>
    public string HAProxy { get; init; } = "/usr/sbin/haproxy";

    /// <summary>Type of the Service at which Ingresses are reached.</summary>
    public string IngressService { get; init; } = ServiceTypeNames.LoadBalancer;

    public PortRange NodePortRange { get; init; } = PortRange.NodePorts;

    /// <summary>Who sees to Services of the type LoadBalancer without a class; null: what else is configured decides.</summary>
    public BalancerKind? LoadBalancer { get; init; }

    /// <summary>Addresses that Services may be given.</summary>
    public AddressRanges LoadBalancerPool { get; init; } = AddressRanges.None;

    /// <summary>The link they are announced on; null for all.</summary>
    public string? LoadBalancerLink { get; init; }

    /// <summary>The program that gives Services their way in.</summary>
    public string? LoadBalancerExec { get; init; }

    /// <summary>The directory of the CNI network's list; null: the built-in network.</summary>
    public string? CniConfDir { get; init; }

    /// <summary>Where CNI plug-ins are.</summary>
    public IReadOnlyList<string> CniBinDirs { get; init; } = CniOptions.DefaultPluginDirectories;

    public bool Insulated { get; init; }

    public bool ForwardForeign { get; init; }

    public int? Mtu { get; init; }

    /// <summary>How many network namespaces wait for pods to come.</summary>
    public int PreparedNamespaces { get; init; } = 2;

    public string RegistryHosts { get; init; } = "/etc/insula/certs.d";

    public string RegistryAuth { get; init; } = "/etc/insula/registry-auth.json";

    public int ParallelPulls { get; init; } = 3;

    public ImageCollectionRules ImageCollection { get; init; } = new();

    /// <summary>How much of everything must be left; with less pods are evicted.</summary>
    public IReadOnlyList<EvictionThreshold> EvictionHard { get; init; } = EvictionThreshold.Defaults;

    /// <summary>The same, about which is waited for a while.</summary>
    public IReadOnlyList<EvictionThreshold> EvictionSoft { get; init; } = [];

    /// <summary>How long.</summary>
    public IReadOnlyDictionary<EvictionSignal, TimeSpan> EvictionSoftGrace { get; init; } = new Dictionary<EvictionSignal, TimeSpan>();

    /// <summary>What pods have at most that are evicted then; null for what they have under a hard threshold.</summary>
    public TimeSpan? EvictionMostGrace { get; init; }

    /// <summary>How much more there must be than the threshold once something had to be done.</summary>
    public IReadOnlyDictionary<EvictionSignal, EvictionAmount> EvictionReclaim { get; init; } = new Dictionary<EvictionSignal, EvictionAmount>();

    /// <summary>All of these.</summary>
    /// <exception cref="FormatException">They do not fit together.</exception>
    public EvictionRules Evictions() => EvictionRules.Of(EvictionHard, EvictionSoft, EvictionSoftGrace, EvictionReclaim, EvictionMostGrace);

    public TimeSpan EvictionTransition { get; init; } = TimeSpan.FromMinutes(5);

    public TimeSpan BackOffInitial { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan BackOffMax { get; init; } = TimeSpan.FromMinutes(5);

    public TimeSpan BackOffReset { get; init; } = TimeSpan.FromMinutes(10);

    public long LogMaxSize { get; init; } = 10 << 20;

    public int LogMaxFiles { get; init; } = 5;

    public long PodPidsLimit { get; init; } = 4096;

    public SystemReserved SystemReserved { get; init; } = new(0, 100 << 20);

    public double? MemoryThrottlingFactor { get; init; }

    public bool ReservesMemory { get; init; }

    public SwapBehavior? SwapBehavior { get; init; }

    public int MaxPods { get; init; } = 1000;

    public string? CgroupParent { get; init; }

    public TimeSpan DrainLimit { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>As the kernel's bits.</summary>
    public ulong DefaultCapabilities { get; init; } = CapabilityNames.Default;

    public IReadOnlyList<ResourceLimit> ResourceLimits { get; init; } = PodOptions.DefaultResourceLimits;

    public UserIdRange? UserIds { get; init; }

    public bool SeccompDefault { get; init; } = true;

    public IReadOnlyList<string> AllowedUnsafeSysctls { get; init; } = [];

    /// <summary>What namespaces demand of their pods where their labels do not say.</summary>
    public PodSecurityPolicy PodSecurity { get; init; } = PodSecurityPolicy.Privileged;

    /// <summary>Namespaces without Pod Security, separated by commas.</summary>
    public string? PodSecurityExempt { get; init; }

    public string ResolvConf { get; init; } = "/etc/resolv.conf";

    public TimeSpan EventLifetime { get; init; } = TimeSpan.FromHours(1);

    public int EventCount { get; init; } = 5000;

    public int WatchesPerPeer { get; init; } = 256;

    /// <summary>Which of the daemon's own load balancers a Service's loadBalancerClass means; null for none.</summary>
    public string? BalancerOf(string? name) => !string.IsNullOrEmpty(name)
        ? name is BalancerClasses.Host or BalancerClasses.Pool or BalancerClasses.Exec ? name : null
        : LoadBalancer switch
        {
            BalancerKind.None => null,
            BalancerKind.Pool => BalancerClasses.Pool,
            BalancerKind.Exec => BalancerClasses.Exec,
            BalancerKind.Host => BalancerClasses.Host,
            _ when LoadBalancerPool.Count > 0 => BalancerClasses.Pool,
            _ when LoadBalancerExec is not null => BalancerClasses.Exec,
            _ => BalancerClasses.Host,
        };

    public string SocketPath => Socket ?? Path.Combine(Run, "insula.sock");
}
