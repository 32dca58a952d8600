using System.Net;
using System.Net.Sockets;
using Insula.Api.Core;
using Insula.Linux.Netlink;
using Insula.Network.Services;

namespace Insula.Network.Balancers;

/// <summary>
/// Services at the machine's own address, each with ports of its own. Who has a port keeps it: a second Service, a pod's host port, a node port
/// and a program that listens are said to be in the way.
/// </summary>
/// <param name="network">The network, started.</param>
/// <param name="holder">Who has a port of an address beside those that were asked for here, such as "the pod default/web"; null for nobody.</param>
public sealed class HostBalancer(PodNetwork network, Func<BalancerName, IPAddress, BalancerPort, string?> holder) : ILoadBalancerProvider
{
    private readonly Lock _lock = new();
    private readonly Dictionary<BalancerName, HashSet<Frontend>> _held = [];

    /// <summary>Whether a Service has a port of the machine here.</summary>
    public bool Holds(int port, string protocol)
    {
        lock (_lock)
        {
            return _held.Values.Any(h => h.Any(f => f.Port == port && f.Protocol == Frontend.NumberOf(protocol)));
        }
    }

    /// <inheritdoc/>
    public async Task<BalancerAnswer> EnsureAsync(BalancerRequest request, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(request);
        var answer = await TakeAsync(request, ct).ConfigureAwait(false);
        if (answer is BalancerAnswer.Refused)
        {
            await DeleteAsync(request.Service, ct).ConfigureAwait(false);
        }

        return answer;
    }

    /// <inheritdoc/>
    public Task<BalancerAnswer> UpdateAsync(BalancerRequest request, CancellationToken ct) => EnsureAsync(request, ct);

    /// <inheritdoc/>
    public Task DeleteAsync(BalancerName name, CancellationToken ct)
    {
        lock (_lock)
        {
            _held.Remove(name);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<BalancerName>> ListAsync(CancellationToken ct)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<BalancerName>>([.. _held.Keys]);
        }
    }

    private async Task<BalancerAnswer> TakeAsync(BalancerRequest request, CancellationToken ct)
    {
        var own = await network.OnHostAsync(w => w.Routes.GetAddresses(rtnetlink.AF_UNSPEC).Select(a => a.Address).ToList()).WaitAsync(ct).ConfigureAwait(false);
        var addresses = Choose(request, own);
        if (addresses.Count == 0)
        {
            var family = request.Families[0];
            return new BalancerAnswer.Refused(request.Address is { } asked
                ? $"{asked} is no address of this machine that others reach, or of a family that the Service does not have"
                : $"this machine has no {family} address that others reach");
        }

        // One after the other: two that come together are not to overlook one another.
        foreach (var (address, port) in addresses.SelectMany(a => request.Ports, (a, p) => (a, p)))
        {
            var frontend = new Frontend(address.ToString(), port.Protocol, port.Port);
            lock (_lock)
            {
                if (_held.FirstOrDefault(h => h.Key != request.Service && h.Value.Contains(frontend)).Key is { } other)
                {
                    return Taken(port, address, $"the Service {other}");
                }
            }

            if (holder(request.Service, address, port) is { } who)
            {
                return Taken(port, address, who);
            }

            if (!Has(request, address, port) && !await IsFreeAsync(address, port).WaitAsync(ct).ConfigureAwait(false))
            {
                return Taken(port, address, "a program on this machine");
            }
        }

        lock (_lock)
        {
            var wanted = addresses.SelectMany(a => request.Ports, (a, p) => (Address: a, Port: p)).ToDictionary(x => new Frontend(x.Address.ToString(), x.Port.Protocol, x.Port.Port));
            if (_held.FirstOrDefault(h => h.Key != request.Service && h.Value.Overlaps(wanted.Keys)).Key is { } first)
            {
                var (address, port) = wanted.First(w => _held[first].Contains(w.Key)).Value;
                return Taken(port, address, $"the Service {first}");
            }

            _held[request.Service] = [.. wanted.Keys];
        }

        return BalancerAnswer.At(addresses, request);
    }

    private static BalancerAnswer.Refused Taken(BalancerPort port, IPAddress address, string who) =>
        new($"the port {port.Port}/{port.Protocol} of {address} is taken by {who}");

    /// <summary>Whether it is told to have the port there already: then it is not looked for who listens, and nothing is taken away.</summary>
    private static bool Has(BalancerRequest request, IPAddress address, BalancerPort port) =>
        request.Present.Any(i => i.Ip == address.ToString() && i.Ports.Any(p => p.Port == port.Port && p.Protocol == port.Protocol));

    /// <summary>The address asked for, or one of each of the Service's families that the machine has; none when it has none of the first.</summary>
    private List<IPAddress> Choose(BalancerRequest request, List<IPAddress> own)
    {
        // The host's end of the pods' range is for pods; so would be an address of the loopback for itself, and a link's of its own for that link.
        bool IsReached(IPAddress address) => !IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal && !network.Ranges.Any(r => r.Contains(address)) && own.Contains(address);
        if (request.Address is not null)
        {
            return IPAddress.TryParse(request.Address, out var asked) && IsReached(asked) && request.Families.Contains(IPFamilies.Of(asked.ToString())) ? [asked] : [];
        }

        List<IPAddress> chosen = [.. request.Families.Select(f => network.HostAddresses.FirstOrDefault(a => IPFamilies.Of(a.ToString()) == f && IsReached(a))).OfType<IPAddress>()];
        return chosen.Count > 0 && IPFamilies.Of(chosen[0].ToString()) == request.Families[0] ? chosen : [];
    }

    /// <summary>Whether no program listens: a Service must not take away what is served, such as the machine's SSH.</summary>
    private Task<bool> IsFreeAsync(IPAddress address, BalancerPort port) => network.OnHostAsync(_ =>
    {
        if (port.Protocol is not (Protocols.TCP or Protocols.UDP))
        {
            return true;
        }

        var tcp = port.Protocol == Protocols.TCP;
        using var socket = new Socket(address.AddressFamily, tcp ? SocketType.Stream : SocketType.Dgram, tcp ? ProtocolType.Tcp : ProtocolType.Udp);
        try
        {
            socket.Bind(new IPEndPoint(address, port.Port));
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    });
}
