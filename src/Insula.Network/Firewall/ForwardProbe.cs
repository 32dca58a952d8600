using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Insula.Linux;
using Insula.Network.Host;

namespace Insula.Network.Firewall;

/// <summary>The sockets of a forward check and the packets sent through them.</summary>
internal sealed class ForwardProbe : IDisposable
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(5);

    // A datagram may meet a link whose queue the kernel is just switching on; nothing reports that, so it is sent again until the deadline.
    private static readonly TimeSpan _resend = TimeSpan.FromMilliseconds(100);

    private readonly IPAddress _target;
    private readonly List<Socket> _sockets = [];
    private readonly Socket _icmp;
    private readonly Socket _udpSender;
    private readonly Socket _udpReceiver;
    private readonly Socket _tcpClient;
    private readonly Socket _tcpListener;

    private ForwardProbe(NamespaceWorker worker, Descriptor from, IPAddress source, Descriptor to, IPAddress target)
    {
        _target = target;
        try
        {
            _icmp = Open(worker, from, SocketType.Raw, ProtocolType.Icmp, source);
            _udpSender = Open(worker, from, SocketType.Dgram, ProtocolType.Udp, source);
            _tcpClient = Open(worker, from, SocketType.Stream, ProtocolType.Tcp, source);
            _udpReceiver = Open(worker, to, SocketType.Dgram, ProtocolType.Udp, target);
            _tcpListener = Open(worker, to, SocketType.Stream, ProtocolType.Tcp, target);
            _tcpListener.Listen();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Opens the sockets inside both namespaces; on the worker's thread.</summary>
    public static ForwardProbe Open(NamespaceWorker worker, Descriptor from, IPAddress source, Descriptor to, IPAddress target) =>
        new(worker, from, source, to, target);

    /// <summary>Sends everything at once.</summary>
    /// <returns>The protocols of which nothing arrived.</returns>
    public async Task<IReadOnlyList<string>> SendAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_deadline);
        (string Name, Task<bool> Arrived)[] tries =
        [
            ("icmp", ArrivedAsync(EchoAsync(limit.Token))),
            ("udp", ArrivedAsync(DatagramAsync(limit.Token))),
            ("tcp", ArrivedAsync(ConnectAsync(limit.Token))),
        ];
        await Task.WhenAll(tries.Select(t => t.Arrived)).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return [.. tries.Where(t => !t.Arrived.Result).Select(t => t.Name)];
    }

    public void Dispose()
    {
        foreach (Socket socket in _sockets)
        {
            socket.Dispose();
        }
    }

    private static async Task<bool> ArrivedAsync(Task attempt)
    {
        try
        {
            await attempt.ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // Silence is a drop, an error a reject: either way it did not arrive.
            return false;
        }
    }

    private Socket Open(NamespaceWorker worker, Descriptor networkNamespace, SocketType type, ProtocolType protocol, IPAddress local)
    {
        Socket socket = worker.Visit(networkNamespace, () => new Socket(AddressFamily.InterNetwork, type, protocol));
        _sockets.Add(socket);
        socket.Bind(new IPEndPoint(local, 0));
        return socket;
    }

    private async Task EchoAsync(CancellationToken cancellationToken)
    {
        byte[] answer = new byte[256];
        await ResendAsync(
            () => _icmp.SendToAsync(EchoRequest(), new IPEndPoint(_target, 0), cancellationToken).AsTask(),
            AnsweredAsync(),
            cancellationToken).ConfigureAwait(false);

        async Task AnsweredAsync()
        {
            while (true)
            {
                SocketReceiveFromResult result = await _icmp.ReceiveFromAsync(answer, new IPEndPoint(IPAddress.Any, 0), cancellationToken).ConfigureAwait(false);

                // A raw socket shows the IP header; type 0 is the reply, others may be complaints about the request.
                int header = (answer[0] & 0xf) * 4;
                if (result.ReceivedBytes > header && answer[header] == 0)
                {
                    return;
                }
            }
        }
    }

    private Task DatagramAsync(CancellationToken cancellationToken) => ResendAsync(
        () => _udpSender.SendToAsync("insula"u8.ToArray(), _udpReceiver.LocalEndPoint!, cancellationToken).AsTask(),
        _udpReceiver.ReceiveFromAsync(new byte[16], new IPEndPoint(IPAddress.Any, 0), cancellationToken).AsTask(),
        cancellationToken);

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        Task<Socket> accepted = _tcpListener.AcceptAsync(cancellationToken).AsTask();
        await _tcpClient.ConnectAsync(_tcpListener.LocalEndPoint!, cancellationToken).ConfigureAwait(false);
        using Socket connection = await accepted.ConfigureAwait(false);
    }

    private static async Task ResendAsync(Func<Task> send, Task answered, CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(_resend);
        do
        {
            await send().ConfigureAwait(false);
        }
        while (await Task.WhenAny(answered, timer.WaitForNextTickAsync(cancellationToken).AsTask()).ConfigureAwait(false) != answered);
        await answered.ConfigureAwait(false);
    }

    private static byte[] EchoRequest()
    {
        byte[] packet = new byte[16];
        packet[0] = 8;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), 83);
        uint sum = 0;
        for (int i = 0; i < packet.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(i));
        }

        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)~((sum & 0xffff) + (sum >> 16)));
        return packet;
    }
}
