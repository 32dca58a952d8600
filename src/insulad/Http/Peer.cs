using System.Buffers.Binary;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Insulad.Http;

/// <summary>Who is at the other end of the socket, as the kernel noted it at connect (SO_PEERCRED, unix(7)).</summary>
internal readonly record struct Peer(int Pid, uint Uid)
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    private static readonly object s_key = new();

    /// <summary>Asks for a new connection's peer. Later is too late: a peer that has hung up can no longer be asked for,
    /// though its request still runs.</summary>
    public static void Remember(ConnectionContext connection)
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket)
        {
            return;
        }

        Span<byte> credentials = stackalloc byte[12];
        socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials);
        connection.Items[s_key] = new Peer(
            BinaryPrimitives.ReadInt32LittleEndian(credentials),
            BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]));
    }

    /// <summary>The peer of a request's connection.</summary>
    public static Peer Of(HttpContext context) =>
        context.Features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(s_key, out var peer) == true && peer is Peer known
            ? known
            : new Peer(0, uint.MaxValue);
}
