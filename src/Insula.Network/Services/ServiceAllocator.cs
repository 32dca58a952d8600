using System.Net;
using System.Net.Sockets;
using Insula.Api.Core;

namespace Insula.Network.Services;

/// <summary>
/// Gives addresses and node ports to Services, none to two. What a Service holds is what its stored object says: an allocation whose
/// Service has it no longer is free again, however the Service went. May be used from any thread.
/// </summary>
public sealed class ServiceAllocator
{
    private readonly ServiceRange _range;
    private readonly ServiceRange? _rangeV6;
    private readonly PortRange _nodePorts;
    private readonly Func<string, string, Service?> _find;
    private readonly Random _random;
    private readonly IPAddress? _reserved;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Claim> _addresses = [];
    private readonly Dictionary<(int Port, string Protocol), Claim> _ports = [];

    /// <summary>Begins with what the present Services hold.</summary>
    /// <param name="range">The range of IPv4 addresses.</param>
    /// <param name="rangeV6">The range of IPv6 addresses; null when Services have none.</param>
    /// <param name="nodePorts">The range of node ports.</param>
    /// <param name="services">All Services there are.</param>
    /// <param name="find">A Service of a namespace and a name as it is stored now; null when there is none.</param>
    /// <param name="reserved">An address that no Service is given: the cluster DNS's.</param>
    /// <param name="random">Where the search for a free one begins.</param>
    public ServiceAllocator(
        ServiceRange range, ServiceRange? rangeV6, PortRange nodePorts, IEnumerable<Service> services, Func<string, string, Service?> find, IPAddress? reserved = null,
        Random? random = null)
    {
        ArgumentNullException.ThrowIfNull(range);
        ArgumentNullException.ThrowIfNull(services);
        _range = range;
        _rangeV6 = rangeV6;
        _nodePorts = nodePorts;
        _find = find;
        _reserved = reserved;
        _random = random ?? Random.Shared;
        foreach (var service in services)
        {
            var owner = new Owner(service.Metadata.Namespace ?? "", service.Metadata.Name);
            foreach (var address in service.Spec.Addresses)
            {
                _addresses.TryAdd(address, new(owner));
            }

            foreach (var port in PortsOf(service))
            {
                _ports.TryAdd(port, new(owner));
            }
        }
    }

    /// <summary>Whose node ports are these, beside Services'? Asked of every port before it is given; null for none.</summary>
    public Func<int, string, bool>? IsUsedElsewhere { get; set; }

    /// <summary>Whether there are IPv6 addresses to give.</summary>
    internal bool HasV6 => _rangeV6 is not null;

    /// <summary>Which pod has this port of the machine as its host port, for people; null for none. Asked after the port was claimed, so that a pod that comes meanwhile learns of the claim.</summary>
    public Func<int, string, string?>? FindHostPort { get; set; }

    /// <summary>Which Service has a port of the machine as a node port, or is about to, for people; null for none.</summary>
    public string? HolderOf(int port, string protocol)
    {
        lock (_lock)
        {
            return IsHeld(_ports, (port, protocol), default, PortHolder(port, protocol)) ? $"{_ports[(port, protocol)].Owner.Namespace}/{_ports[(port, protocol)].Owner.Name}" : null;
        }
    }

    /// <summary>Opens a lease for one write of one Service. What was taken in it is its own until it is disposed, and then what the store says.</summary>
    public ServiceLease Lease(string ns, string name) => new(this, new Owner(ns, name));

    /// <summary>Takes this address.</summary>
    /// <returns>What stands against it; null when nothing does.</returns>
    internal string? Take(ServiceLease lease, string address)
    {
        if (!IPAddress.TryParse(address, out var parsed) || !(_range.Contains(parsed) || _rangeV6?.Contains(parsed) == true))
        {
            return $"provided IP is not in the valid range. The range of valid IPs is {(parsed?.AddressFamily == AddressFamily.InterNetworkV6 ? _rangeV6 : null) ?? _range}";
        }

        if (parsed.Equals(_reserved))
        {
            return "provided IP is the cluster DNS's";
        }

        lock (_lock)
        {
            return TryClaim(_addresses, address, lease, s => s.Spec.Addresses.Contains(address)) ? null : "provided IP is already allocated";
        }
    }

    /// <summary>Takes a free address; null when there is none.</summary>
    internal string? TakeAddress(ServiceLease lease, string family)
    {
        var range = RangeOf(family);
        lock (_lock)
        {
            // First the upper part, from a random place on, then the lower.
            var upper = range.Upper;
            var last = range.Size - 2;
            var start = _random.Next(upper, last + 1);
            foreach (var offset in Around(upper, last, start).Concat(Enumerable.Range(1, upper - 1)))
            {
                var address = range.At(offset).ToString();
                if (address != _reserved?.ToString() && TryClaim(_addresses, address, lease, s => s.Spec.Addresses.Contains(address)))
                {
                    return address;
                }
            }

            return null;
        }
    }

    /// <summary>Takes this node port.</summary>
    /// <returns>What stands against it; null when nothing does.</returns>
    internal string? TakePort(ServiceLease lease, int port, string protocol)
    {
        if (!_nodePorts.Contains(port))
        {
            return $"provided port is not in the valid range. The range of valid ports is {_nodePorts}";
        }

        lock (_lock)
        {
            // What it had before a pod could have it stays its own.
            var had = _find(lease.Owner.Namespace, lease.Owner.Name) is { } stored && PortHolder(port, protocol)(stored);
            return !TryClaimPort(lease, port, protocol) ? "provided port is already allocated"
                : !had && FindHostPort?.Invoke(port, protocol) is { } pod ? $"provided port is already allocated: it is a host port of the pod {pod}" : null;
        }
    }

    /// <summary>Takes a free node port; null when there is none.</summary>
    internal int? TakePort(ServiceLease lease, string protocol)
    {
        lock (_lock)
        {
            var start = _random.Next(_nodePorts.First, _nodePorts.Last + 1);
            foreach (var port in Around(_nodePorts.First, _nodePorts.Last, start))
            {
                // Nor what it has chosen or been given for another purpose in this very write.
                if (_ports.TryGetValue((port, protocol), out var own) && own.Owner == lease.Owner)
                {
                    continue;
                }

                // Of no protocol: a port that another Service has for TCP is not given for UDP unless asked for.
                if (!Protocol.All.Any(p => p != protocol && IsHeld(_ports, (port, p), lease.Owner, PortHolder(port, p))) && TryClaimPort(lease, port, protocol))
                {
                    if (FindHostPort?.Invoke(port, protocol) is null)
                    {
                        return port;
                    }

                    lease.Claims[^1].Pending--;
                    lease.Claims.RemoveAt(lease.Claims.Count - 1);
                }
            }

            return null;
        }
    }

    /// <summary>What there is to say when no address of a family is free.</summary>
    internal string ExhaustedAddresses(string family) =>
        $"failed to allocate an address: all of the range {RangeOf(family)} are in use; delete Services, or configure a larger service-range{(family == IPFamilies.IPv6 ? "-v6" : "")}";

    /// <summary>What there is to say when no node port is free.</summary>
    internal string ExhaustedPorts => $"failed to allocate a node port: all of {_nodePorts} are in use; delete Services, or configure a larger node-port-range";

    private ServiceRange RangeOf(string family) =>
        family == IPFamilies.IPv6 ? _rangeV6 ?? throw new InvalidOperationException("there are no IPv6 addresses to give") : _range;

    internal void End(ServiceLease lease)
    {
        lock (_lock)
        {
            foreach (var claim in lease.Claims)
            {
                claim.Pending--;
            }
        }
    }

    private static IEnumerable<int> Around(int first, int last, int start) => Enumerable.Range(start, last - start + 1).Concat(Enumerable.Range(first, start - first));

    /// <summary>The ports of this machine that are a Service's.</summary>
    public static IEnumerable<(int Port, string Protocol)> PortsOf(Service service)
    {
        ArgumentNullException.ThrowIfNull(service);
        var ports = service.Spec.Ports.Where(p => p.NodePort is > 0).Select(p => (p.NodePort!.Value, p.Protocol ?? Protocols.TCP));
        return service.Spec.HealthCheckNodePort is > 0 and { } health ? ports.Append((health, Protocols.TCP)) : ports;
    }

    private static Func<Service, bool> PortHolder(int port, string protocol) => s => PortsOf(s).Contains((port, protocol));

    private bool TryClaimPort(ServiceLease lease, int port, string protocol) =>
        IsUsedElsewhere?.Invoke(port, protocol) != true && TryClaim(_ports, (port, protocol), lease, PortHolder(port, protocol));

    private bool TryClaim<T>(Dictionary<T, Claim> claims, T what, ServiceLease lease, Func<Service, bool> holds)
        where T : notnull
    {
        if (IsHeld(claims, what, lease.Owner, holds))
        {
            return false;
        }

        if (!claims.TryGetValue(what, out var claim) || claim.Owner != lease.Owner)
        {
            claims[what] = claim = new(lease.Owner);
        }

        claim.Pending++;
        lease.Claims.Add(claim);
        return true;
    }

    /// <summary>Whether somebody else has it, or is about to.</summary>
    private bool IsHeld<T>(Dictionary<T, Claim> claims, T what, Owner asking, Func<Service, bool> holds)
        where T : notnull =>
        claims.TryGetValue(what, out var claim) && claim.Owner != asking
            && (claim.Pending > 0 || (_find(claim.Owner.Namespace, claim.Owner.Name) is { } service && holds(service)));

    internal readonly record struct Owner(string Namespace, string Name);

    internal sealed class Claim(Owner owner)
    {
        public Owner Owner { get; } = owner;

        /// <summary>How many writes are under way that would make it the owner's.</summary>
        public int Pending { get; set; }
    }

    private static class Protocol
    {
        public static readonly string[] All = [Protocols.TCP, Protocols.UDP, Protocols.SCTP];
    }
}
