using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Insula.Dns.Control;
using Insula.Dns.Serving;
using Insula.Linux;

namespace Insula.Dns.Health;

/// <summary>
/// The ports at which load balancers outside ask whether a Service has endpoints on this machine. They face the outside: few connections, few
/// from one address, and none for long.
/// </summary>
internal sealed class HealthPorts(Poller poller) : IDisposable
{
    private readonly Dictionary<ushort, HealthPort> _ports = [];
    private readonly HashSet<HealthClient> _clients = [];
    private readonly Dictionary<ulong, int> _perHost = [];

    /// <summary>Whether nobody is being answered.</summary>
    public bool IsIdle => _clients.Count == 0;

    /// <summary>Whether a packet is about these.</summary>
    public static bool IsAbout(ReadOnlySpan<byte> packet) =>
        !packet.IsEmpty && (ControlPacket)packet[0] is ControlPacket.Health or ControlPacket.NoHealth or ControlPacket.HealthOf;

    /// <summary>Takes a packet in, at once.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="socket">A bound socket that came with it, which is taken or closed; null for none.</param>
    /// <returns>False when it makes no sense, is too much, or lacks its socket.</returns>
    public bool TryTake(ReadOnlySpan<byte> packet, Descriptor? socket)
    {
        switch ((ControlPacket)packet[0])
        {
            case ControlPacket.Health when HealthText.TryRead(packet, out var number, out var endpoints, out var service):
                return TrySet(number, endpoints, service, socket);
            case ControlPacket.NoHealth when packet.Length == 3:
                socket?.Dispose();
                End(BinaryPrimitives.ReadUInt16BigEndian(packet[1..]));
                return true;
            case ControlPacket.HealthOf when packet.Length % 2 == 1:
                socket?.Dispose();
                var kept = new HashSet<ushort>();
                for (var rest = packet[1..]; !rest.IsEmpty; rest = rest[2..])
                {
                    kept.Add(BinaryPrimitives.ReadUInt16BigEndian(rest));
                }

                foreach (var gone in _ports.Keys.Where(p => !kept.Contains(p)).ToList())
                {
                    End(gone);
                }

                return true;
            default:
                socket?.Dispose();
                return false;
        }
    }

    /// <summary>Lets a client in, if there is room.</summary>
    public void Welcome(HealthPort port, Descriptor connection, ulong host)
    {
        var count = _perHost.GetValueOrDefault(host);
        if (_clients.Count >= DnsLimits.HealthConnections || count >= DnsLimits.HealthConnectionsPerClient)
        {
            connection.Dispose();
            return;
        }

        _perHost[host] = count + 1;
        _clients.Add(new HealthClient(this, port, poller, connection, host));
    }

    /// <summary>Ends connections whose time is over.</summary>
    /// <returns>When it has to be looked at again.</returns>
    public long Expire(long now)
    {
        var next = long.MaxValue;
        foreach (var client in _clients.Where(c => c.Deadline <= now).ToList())
        {
            client.Close();
        }

        foreach (var client in _clients)
        {
            next = Math.Min(next, client.Deadline);
        }

        return next;
    }

    /// <summary>Lets nobody in any more.</summary>
    public void Close()
    {
        foreach (var port in _ports.Values)
        {
            port.Dispose();
        }

        _ports.Clear();
    }

    public void Dispose()
    {
        Close();
        foreach (var client in _clients.ToList())
        {
            client.Close();
        }
    }

    internal void Forget(HealthClient client)
    {
        if (_clients.Remove(client) && --CollectionsMarshal.GetValueRefOrAddDefault(_perHost, client.Host, out _) == 0)
        {
            _perHost.Remove(client.Host);
        }
    }

    private bool TrySet(ushort number, uint endpoints, ReadOnlySpan<byte> service, Descriptor? socket)
    {
        if (_ports.TryGetValue(number, out var port))
        {
            // The one that listens goes on; the other has never listened, so nobody has come to it.
            socket?.Dispose();
        }
        else if (socket is null || _ports.Count >= DnsLimits.HealthPorts || HealthPort.TryOpen(this, poller, socket) is not { } opened)
        {
            socket?.Dispose();
            return false;
        }
        else
        {
            _ports[number] = port = opened;
        }

        port.Service = Encoding.ASCII.GetString(service);
        port.Endpoints = endpoints;
        return true;
    }

    private void End(ushort number)
    {
        if (_ports.Remove(number, out var port))
        {
            port.Dispose();
        }
    }
}
