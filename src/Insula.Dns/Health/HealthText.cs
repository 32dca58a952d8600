using System.Buffers.Binary;
using System.Text;
using Insula.Dns.Control;

namespace Insula.Dns.Health;

/// <summary>Packets about health-check node ports as bytes.</summary>
public static class HealthText
{
    private const int Header = 7;

    /// <summary>What a port says from now on.</summary>
    /// <param name="port">The port.</param>
    /// <param name="endpoints">The number of ready endpoints on this machine.</param>
    /// <param name="service">The Service, as "namespace/name".</param>
    public static byte[] Of(int port, int endpoints, string service)
    {
        var name = Encoding.ASCII.GetBytes(service);
        var packet = new byte[Header + name.Length];
        packet[0] = (byte)ControlPacket.Health;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(1), (ushort)port);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(3), (uint)endpoints);
        name.CopyTo(packet, Header);
        return packet;
    }

    /// <summary>A port that is to be closed.</summary>
    public static byte[] Gone(int port)
    {
        var packet = new byte[3];
        packet[0] = (byte)ControlPacket.NoHealth;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(1), (ushort)port);
        return packet;
    }

    /// <summary>All ports there are to be; others are closed.</summary>
    public static byte[] All(IReadOnlyCollection<int> ports)
    {
        ArgumentNullException.ThrowIfNull(ports);
        var packet = new byte[1 + (2 * ports.Count)];
        packet[0] = (byte)ControlPacket.HealthOf;
        var at = 1;
        foreach (var port in ports)
        {
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(at), (ushort)port);
            at += 2;
        }

        return packet;
    }

    /// <summary>Reads what a port says.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, out ushort port, out uint endpoints, out ReadOnlySpan<byte> service)
    {
        if (packet.Length <= Header || !HealthAnswer.IsService(packet[Header..]))
        {
            (port, endpoints) = (0, 0);
            service = default;
            return false;
        }

        port = BinaryPrimitives.ReadUInt16BigEndian(packet[1..]);
        endpoints = BinaryPrimitives.ReadUInt32BigEndian(packet[3..]);
        service = packet[Header..];
        return true;
    }
}
