using Insula.Linux.Events;

namespace Insula.Linux.Sockets;

/// <summary>
/// A <c>SOCK_SEQPACKET</c> Unix socket: whole packets of at most 4096 bytes with up to 253 descriptors, see unix(7).
/// One sender and one receiver at a time. Paths are a directory and a name, so that no length limit of 108 bytes applies.
/// </summary>
public sealed class SeqPacketSocket : IDisposable
{
    /// <summary>The most bytes of a packet.</summary>
    public const int MaxPacket = 4096;

    /// <summary>The most descriptors of a packet: SCM_MAX_FD.</summary>
    public const int MaxDescriptors = 253;

    /// <summary>The socket itself.</summary>
    public Descriptor Descriptor => throw new NotImplementedException();

    /// <summary>Binds and listens at <paramref name="name"/> (one component) in a directory; the socket file gets mode 0600. An existing one is EADDRINUSE.</summary>
    public static SeqPacketSocket Listen(Descriptor directory, string name, int backlog = 8) => throw new NotImplementedException();

    /// <summary>Connects to the listener at <paramref name="name"/> in a directory.</summary>
    /// <exception cref="LinuxException">ENOENT or ECONNREFUSED when nobody listens.</exception>
    public static SeqPacketSocket Connect(Descriptor directory, string name) => throw new NotImplementedException();

    /// <summary>Two connected sockets.</summary>
    public static (SeqPacketSocket First, SeqPacketSocket Second) Pair() => throw new NotImplementedException();

    /// <summary>Waits for a connection and accepts it.</summary>
    public Task<SeqPacketSocket> AcceptAsync(EventLoop loop, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Who is at the other end.</summary>
    public PeerCredentials GetPeer() => throw new NotImplementedException();

    /// <summary>Sends one packet, waiting while the socket is full.</summary>
    /// <exception cref="LinuxException">EPIPE or ECONNRESET when the peer is gone.</exception>
    /// <exception cref="ArgumentException">It is empty, or longer than a packet may be.</exception>
    public Task SendAsync(EventLoop loop, ReadOnlyMemory<byte> data, IReadOnlyList<Descriptor>? descriptors = null, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>Receives one packet; null when the peer has closed.</summary>
    /// <exception cref="LinuxException">EMSGSIZE when it was truncated: its bytes are lost, its descriptors closed.</exception>
    public Task<Packet?> ReceiveAsync(EventLoop loop, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Closes the socket; a pending receive fails with <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose() => throw new NotImplementedException();
}
