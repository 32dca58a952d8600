using System.Net;
using System.Net.Sockets;
using Insula.Dns.Control;
using Insula.Dns.Messages;
using Insula.Dns.Serving;
using Insula.Dns.Tables;
using Insula.Linux;

namespace Insula.Dns.Tests.Serving;

/// <summary>A server on a thread of the test's, on the loopback, with a table and a silent server to ask for others.</summary>
internal sealed class RunningServer : IDisposable
{
    private readonly Descriptor _datagrams = BoundSocket.Datagrams(IPAddress.Loopback);
    private readonly Descriptor _streams = BoundSocket.Streams(IPAddress.Loopback);
    private readonly Descriptor _control;
    private readonly Descriptor _leash;
    private readonly Descriptor _daemon;
    private readonly DnsServer _server;
    private readonly Thread _thread;

    public RunningServer(params IPEndPoint[] upstreams)
    {
        (_leash, _daemon) = Descriptor.Pipe();
        var (listening, other) = Insula.Linux.Sockets.SeqPacketSocket.Pair();
        other.Dispose();
        _control = listening.Descriptor;
        _server = new DnsServer(new ServerSockets(_datagrams, _streams, _control, _leash), new byte[ControlText.BuildLength]);
        var table = new DnsTable();
        List<byte> authority = [];
        RecordReader.Write(DnsRecord.Authority(DnsName.FromText("ns.c"), DnsName.FromText("h.c"), 1, 5), authority);
        table.AddZone(DnsName.FromText("c"), [.. authority]);
        List<byte> address = [];
        RecordReader.Write(DnsRecord.Address(IPAddress.Parse("10.0.0.1"), 5), address);
        table.Set(DnsName.FromText("web.c"), [.. address]);
        _server.Use(table, upstreams);
        _thread = new Thread(_server.Run);
        _thread.Start();
    }

    public IPEndPoint Udp => BoundSocket.EndOf(_datagrams)!;

    public IPEndPoint Tcp => BoundSocket.EndOf(_streams)!;

    /// <summary>A client; each has a port of its own.</summary>
    public Socket Client(string address = "127.0.0.1")
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 20_000 };
        socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        socket.Connect(Udp);
        return socket;
    }

    public void Dispose()
    {
        _server.End();
        Client().Send(Question.Of("web.c"));
        _thread.Join();
        _server.Dispose();
        foreach (var descriptor in (Descriptor[])[_datagrams, _streams, _control, _leash, _daemon])
        {
            descriptor.Dispose();
        }
    }
}
