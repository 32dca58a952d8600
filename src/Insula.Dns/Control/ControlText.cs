using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Insula.Dns.Messages;
using Insula.Dns.Tables;

namespace Insula.Dns.Control;

/// <summary>Packets as bytes.</summary>
public static class ControlText
{
    /// <summary>The version of what is spoken.</summary>
    public const ushort Protocol = 1;

    /// <summary>The most bytes of a packet: that of <see cref="Insula.Linux.Sockets.SeqPacketSocket"/>.</summary>
    public const int MaxPacket = 4096;

    /// <summary>The bytes that say which program a server is.</summary>
    public const int BuildLength = 32;

    /// <summary>The most servers that are asked.</summary>
    public const int MostUpstreams = 8;

    private const int EndLength = 23;

    /// <summary>Packets with nothing behind their first byte.</summary>
    public static byte[] Of(ControlPacket packet) => [(byte)packet];

    /// <summary>The server's first packet.</summary>
    public static byte[] Hello(ReadOnlySpan<byte> build)
    {
        var packet = new byte[3 + build.Length];
        packet[0] = (byte)ControlPacket.Hello;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(1), Protocol);
        build.CopyTo(packet.AsSpan(3));
        return packet;
    }

    /// <summary>Which program the server is; null when this is not its first packet, or another version's.</summary>
    public static byte[]? ReadHello(ReadOnlySpan<byte> packet) =>
        packet.Length == 3 + BuildLength && packet[0] == (byte)ControlPacket.Hello && BinaryPrimitives.ReadUInt16BigEndian(packet[1..]) == Protocol
            ? packet[3..].ToArray() : null;

    /// <summary>A packet with a number.</summary>
    public static byte[] Of(ControlPacket packet, ulong number)
    {
        var bytes = new byte[9];
        bytes[0] = (byte)packet;
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(1), number);
        return bytes;
    }

    /// <summary>The number of such a packet; null for another one.</summary>
    public static ulong? ReadNumber(ReadOnlySpan<byte> packet, ControlPacket kind) =>
        packet.Length == 9 && packet[0] == (byte)kind ? BinaryPrimitives.ReadUInt64BigEndian(packet[1..]) : null;

    /// <summary>A zone.</summary>
    public static byte[] Zone(byte[] name, DnsRecord authority)
    {
        List<byte> packet = [(byte)ControlPacket.Zone, (byte)name.Length, .. name];
        RecordReader.Write(authority, packet);
        return [.. packet];
    }

    /// <summary>A name's records, in as many packets as they need.</summary>
    public static IEnumerable<byte[]> Name(byte[] name, IEnumerable<DnsRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        List<byte> packet = [(byte)ControlPacket.Name, (byte)name.Length, .. name];
        foreach (var record in records)
        {
            if (packet.Count + RecordReader.HeaderLength + record.Data.Length > MaxPacket)
            {
                yield return [.. packet];
                packet = [(byte)ControlPacket.More];
            }

            RecordReader.Write(record, packet);
        }

        yield return [.. packet];
    }

    /// <summary>Reads a name and what is behind it.</summary>
    public static bool TryReadName(ReadOnlySpan<byte> packet, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> records)
    {
        name = records = default;
        if (packet.Length < 2 || packet.Length < 2 + packet[1])
        {
            return false;
        }

        name = packet.Slice(2, packet[1]);
        records = packet[(2 + packet[1])..];
        return DnsName.IsCanonical(name);
    }

    /// <summary>The servers to ask; those behind the first few are left out.</summary>
    public static byte[] Upstreams(IEnumerable<IPEndPoint> ends)
    {
        ArgumentNullException.ThrowIfNull(ends);
        List<byte> packet = [(byte)ControlPacket.Upstreams];
        foreach (var end in ends.Take(MostUpstreams))
        {
            var bytes = new byte[EndLength];
            var isV6 = end.AddressFamily == AddressFamily.InterNetworkV6;
            bytes[0] = (byte)(isV6 ? 6 : 4);
            end.Address.TryWriteBytes(bytes.AsSpan(1), out _);
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(17), (ushort)end.Port);
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(19), isV6 ? (uint)end.Address.ScopeId : 0);
            packet.AddRange(bytes);
        }

        return [.. packet];
    }

    /// <summary>Reads the servers to ask; null when they are none.</summary>
    public static IReadOnlyList<IPEndPoint>? ReadUpstreams(ReadOnlySpan<byte> packet)
    {
        var ends = new List<IPEndPoint>();
        for (var rest = packet[1..]; !rest.IsEmpty; rest = rest[EndLength..])
        {
            if (rest.Length < EndLength || rest[0] is not (4 or 6))
            {
                return null;
            }

            var address = rest[0] == 4 ? new IPAddress(rest.Slice(1, 4)) : new IPAddress(rest.Slice(1, 16), BinaryPrimitives.ReadUInt32BigEndian(rest[19..]));
            ends.Add(new(address, BinaryPrimitives.ReadUInt16BigEndian(rest[17..])));
        }

        return ends;
    }
}
