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
        var own = await network.OnHostAsync(w => w.Routes.GetAddresses(rtnetlink.AF_INET).Select(a => a.Address).ToList()).WaitAsync(ct).ConfigureAwait(false);
        if (Choose(request, own) is not { } address)
        {
            return new BalancerAnswer.Refused(request.Address is { } asked
                ? $"{asked} is no IPv4 address of this machine that others reach"
                : "this machine has no IPv4 address that others reach");
        }

        // One after the other: two that come together are not to overlook one another.
        foreach (var port in request.Ports)
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
            var wanted = request.Ports.Select(p => new Frontend(address.ToString(), p.Protocol, p.Port)).ToHashSet();
            if (_held.FirstOrDefault(h => h.Key != request.Service && h.Value.Overlaps(wanted)).Key is { } first)
            {
                return Taken(request.Ports.First(p => _held[first].Contains(new(address.ToString(), p.Protocol, p.Port))), address, $"the Service {first}");
            }

            _held[request.Service] = wanted;
        }

        return BalancerAnswer.At(address, request);
    }

    private static BalancerAnswer.Refused Taken(BalancerPort port, IPAddress address, string who) =>
        new($"the port {port.Port}/{port.Protocol} of {address} is taken by {who}");

    /// <summary>Whether it is told to have the port there already: then it is not looked for who listens, and nothing is taken away.</summary>
    private static bool Has(BalancerRequest request, IPAddress address, BalancerPort port) =>
        request.Present.Any(i => i.Ip == address.ToString() && i.Ports.Any(p => p.Port == port.Port && p.Protocol == port.Protocol));

    private IPAddress? Choose(BalancerRequest request, List<IPAddress> own)
    {
        // The host's end of the pods' range is for pods; so would be an address of the loopback for itself.
        bool IsReached(IPAddress address) => !IPAddress.IsLoopback(address) && !network.Ranges.Any(r => r.Contains(address)) && own.Contains(address);
        return request.Address is null
            ? network.HostAddresses.FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork && IsReached(a))
            : IPAddress.TryParse(request.Address, out var asked) && IsReached(asked) ? asked : null;
    }

    /// <summary>Whether no program listens: a Service must not take away what is served, such as the machine's SSH.</summary>
    private Task<bool> IsFreeAsync(IPAddress address, BalancerPort port) => network.OnHostAsync(_ =>
    {
        if (port.Protocol is not (Protocols.TCP or Protocols.UDP))
        {
            return true;
        }

        var tcp = port.Protocol == Protocols.TCP;
        using var socket = new Socket(AddressFamily.InterNetwork, tcp ? SocketType.Stream : SocketType.Dgram, tcp ? ProtocolType.Tcp : ProtocolType.Udp);
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
