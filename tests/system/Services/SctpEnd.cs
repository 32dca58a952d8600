using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Numerics;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Services;

/// <summary>
/// One end of an SCTP association, as far as its first two packets go (RFC 9260), by a raw socket: kernels that lead SCTP on need not have
/// sockets of it themselves.
/// </summary>
internal sealed class SctpEnd : IDisposable
{
    private const int Protocol = 132;
    private const int IpHeader = 20;
    private const int CommonHeader = 12;
    private const int ChunkLength = 20;
    private const byte Init = 1;
    private const byte InitAck = 2;
    private readonly Socket _socket;

    private SctpEnd(Socket socket) => _socket = socket;

    public static async Task<SctpEnd> OpenAsync(TestNamespace space) => new(await space.RawSocketAsync(Protocol));

    /// <summary>A packet as it arrived: who sent it, to whom, and whether its checksum is right.</summary>
    public sealed record Packet(IPEndPoint From, IPEndPoint To, byte Chunk, uint Tag, uint InitTag, bool Intact)
    {
        public bool IsInit => Chunk == Init;

        public bool IsAnswer => Chunk == InitAck;
    }

    /// <summary>Begins an association.</summary>
    public async Task BeginAsync(int port, IPEndPoint to, uint tag)
    {
        // Of a socket that is connected, refusals are told.
        await _socket.ConnectAsync(new IPEndPoint(to.Address, 0));
        await _socket.SendAsync(Write(Init, port, to.Port, verification: 0, tag));
    }

    /// <summary>Answers the beginning of one.</summary>
    public Task AnswerAsync(Packet init, uint tag) =>
        _socket.SendToAsync(Write(InitAck, init.To.Port, init.From.Port, init.InitTag, tag), new IPEndPoint(init.From.Address, 0));

    /// <summary>The next packet to a port here; "refused", "unreachable" or "silence" when none comes.</summary>
    public async Task<(Packet? Packet, string Word)> ReceiveAsync(int port, int limit = 10_000)
    {
        using var ending = new CancellationTokenSource(limit);
        var bytes = new byte[2048];
        try
        {
            while (true)
            {
                var length = await _socket.ReceiveAsync(bytes, ending.Token);
                if (Read(bytes.AsSpan(0, length)) is { } packet && packet.To.Port == port)
                {
                    return (packet, "packet");
                }
            }
        }
        catch (OperationCanceledException)
        {
            return (null, "silence");
        }
        catch (SocketException e)
        {
            return (null, e.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => "refused",
                SocketError.HostUnreachable or SocketError.NetworkUnreachable => "unreachable",
                _ => e.SocketErrorCode.ToString(),
            });
        }
    }

    public void Dispose() => _socket.Dispose();

    private static byte[] Write(byte chunk, int from, int to, uint verification, uint tag)
    {
        var packet = new byte[CommonHeader + ChunkLength];
        BinaryPrimitives.WriteUInt16BigEndian(packet, (ushort)from);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)to);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), verification);
        var body = packet.AsSpan(CommonHeader);
        body[0] = chunk;
        BinaryPrimitives.WriteUInt16BigEndian(body[2..], ChunkLength);
        BinaryPrimitives.WriteUInt32BigEndian(body[4..], tag);
        BinaryPrimitives.WriteUInt32BigEndian(body[8..], 65536);
        BinaryPrimitives.WriteUInt16BigEndian(body[12..], 1);
        BinaryPrimitives.WriteUInt16BigEndian(body[14..], 1);
        BinaryPrimitives.WriteUInt32BigEndian(body[16..], tag);
        BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(8), Checksum(packet));
        return packet;
    }

    private static Packet? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < IpHeader + CommonHeader + ChunkLength || bytes[0] != 0x45 || bytes[9] != Protocol)
        {
            return null;
        }

        var packet = bytes[IpHeader..];
        return new Packet(
            new IPEndPoint(new IPAddress(bytes[12..16]), BinaryPrimitives.ReadUInt16BigEndian(packet)),
            new IPEndPoint(new IPAddress(bytes[16..20]), BinaryPrimitives.ReadUInt16BigEndian(packet[2..])),
            packet[CommonHeader], BinaryPrimitives.ReadUInt32BigEndian(packet[4..]), BinaryPrimitives.ReadUInt32BigEndian(packet[(CommonHeader + 4)..]),
            BinaryPrimitives.ReadUInt32LittleEndian(packet[8..]) == Checksum(packet));
    }

    /// <summary>CRC32c over the packet with a checksum of zero.</summary>
    private static uint Checksum(ReadOnlySpan<byte> packet)
    {
        var crc = uint.MaxValue;
        for (var i = 0; i < packet.Length; i++)
        {
            crc = BitOperations.Crc32C(crc, i is >= 8 and < 12 ? (byte)0 : packet[i]);
        }

        return ~crc;
    }
}
