using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Insula.Images;
using Insula.Linux.Events;
using Insula.Network.Balancers;
using Insula.Network.Dns.Cluster;
using Insula.Network.Policies;
using Insula.Network.Services;
using Insula.Pods;
using Insula.Pods.Eviction;
using Insula.Pods.Images;
using Insula.Store;
using Insula.Volumes.Drivers;
using Insulad.Http.Extra;
using Insulad.Nodes;
using Insulad.Services;
using Microsoft.AspNetCore.Connections;

namespace Insulad.Hosting;

/// <summary>What the API is an API of.</summary>
internal sealed record ApiParts
{
    public required IObjectStore Store { get; init; }

    public required IPodService Pods { get; init; }

    public required ImageStore Images { get; init; }

    /// <summary>Who makes persistent volumes.</summary>
    public required IReadOnlyList<IVolumeDriver> Drivers { get; init; }

    /// <summary>Removes images that no pod uses.</summary>
    public required ImageCollector Collector { get; init; }

    /// <summary>Gives Services their addresses.</summary>
    public required ServiceAllocator Services { get; init; }

    /// <summary>Who gives Services of the type LoadBalancer a way in, by class; null for nobody.</summary>
    public IReadOnlyDictionary<string, ILoadBalancerProvider>? Balancers { get; init; }

    /// <summary>Addresses of this machine at which node ports are.</summary>
    public Func<IReadOnlyList<string>> NodeAddresses { get; init; } = () => [];

    /// <summary>Has somebody called back whenever they are others.</summary>
    public Action<Action> WhenNodeAddressesChange { get; init; } = _ => { };

    /// <summary>Leads connections to Services; null for none.</summary>
    public IServicePlane? Plane { get; init; }

    /// <summary>Answers names; null for none.</summary>
    public IClusterDns? Dns { get; init; }

    /// <summary>Where it is noted that Services lead to ending pods no more.</summary>
    public Departures Departures { get; init; } = new();

    /// <summary>Serves health-check node ports; null for none.</summary>
    public IHealthPorts? Health { get; init; }

    /// <summary>Where pods ask for names; null for nowhere.</summary>
    public IPAddress? NameServer { get; init; }

    /// <summary>Keeps to NetworkPolicies; null for none.</summary>
    public IPolicyPlane? Policies { get; init; }

    /// <summary>The machine, whose object is kept; null for none.</summary>
    public NodeFacts? Node { get; init; }

    /// <summary>Why pods cannot be connected, null when they can; null itself where that is no question.</summary>
    public Func<string?>? NetworkTrouble { get; init; }

    /// <summary>What the machine has left.</summary>
    public Func<IReadOnlyList<SignalLevel>> ReadMachine { get; init; } = () => [];

    /// <summary>Who ends pods when that is too little; null for nobody.</summary>
    public IPodEvictions? Evictions { get; init; }

    public required SystemChecks Checks { get; init; }

    /// <summary>Waits for the kernel's events; null for none.</summary>
    public EventLoop? Events { get; init; }

    /// <summary>Looks at the host's firewall after the start; null for none.</summary>
    public FirewallCheck? Firewall { get; init; }

    /// <summary>Who has changed the table of the pod network, which was put back; null where nobody looks.</summary>
    public ChannelReader<string>? Tampering { get; init; }

    public required SystemdNotifier Notifier { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Bound sockets, and whether each serves reading only.</summary>
    public required IReadOnlyList<(ApiSocket Socket, bool ReadOnly)> Sockets { get; init; }

    /// <summary>The bound TCP socket that shows metrics; null for none.</summary>
    public Socket? Metrics { get; init; }

    /// <summary>The bound socket that Kestrel means by an endpoint: it knows them by descriptor.</summary>
    public Socket Socket(EndPoint endpoint) =>
        endpoint is FileHandleEndPoint handle
            ? Sockets.Select(s => s.Socket.Socket).Append(Metrics).OfType<Socket>().Single(s => (ulong)s.Handle == handle.FileHandle)
            : throw new NotSupportedException($"no socket was bound for {endpoint}");
}
