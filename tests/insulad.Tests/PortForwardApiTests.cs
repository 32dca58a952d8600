using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Insula.Pods.Streaming;
using static System.Net.Http.HttpMethod;

namespace Insulad.Tests;

public sealed class PortForwardApiTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const byte Close = 255;
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Bytes_and_the_ends_of_both_directions_travel()
    {
        using var pod = new Listener();
        PodConnectRequest? asked = null;
        using var socket = await ConnectAsync("v5.channel.k8s.io", "ports=8081", r =>
        {
            asked = r;
            return pod.Dial();
        });
        Assert.Equal((0, "\u0091\u001f"), await ReceiveAsync(socket)); // 8081, low byte first
        Assert.Equal((1, "\u0091\u001f"), await ReceiveAsync(socket));
        using var peer = await pod.AcceptAsync();
        Assert.Equal(("web", 8081), (asked!.Pod, asked.Port));
        await SendAsync(socket, 0, "question"u8.ToArray());
        await SendAsync(socket, Close, [0]);
        Assert.Equal("question", await ReadToEndAsync(peer));

        // The client has said all; the pod has not.
        await peer.SendAsync("answer"u8.ToArray());
        peer.Shutdown(SocketShutdown.Send);
        Assert.Equal((0, "answer"), await ReceiveAsync(socket));
        Assert.Equal((Close, "\0"), await ReceiveAsync(socket));
        Assert.Equal((-1, ""), await ReceiveAsync(socket));
    }

    [Fact]
    public async Task A_reset_of_one_leaves_the_others_alone()
    {
        using var pod = new Listener();
        using var socket = await ConnectAsync("v5.channel.k8s.io", "ports=1&ports=2,3", _ => pod.Dial());
        List<Socket> peers = [await pod.AcceptAsync(), await pod.AcceptAsync(), await pod.AcceptAsync()];
        for (var i = 0; i < 6; i++)
        {
            await ReceiveAsync(socket);
        }

        // Which peer is whose is told by what each says.
        for (byte place = 0; place < 3; place++)
        {
            await SendAsync(socket, (byte)(2 * place), [(byte)('a' + place)]);
        }

        var byPlace = new Dictionary<byte, Socket>();
        foreach (var peer in peers)
        {
            var letter = new byte[1];
            Assert.Equal(1, await peer.ReceiveAsync(letter));
            byPlace[(byte)(letter[0] - 'a')] = peer;
        }

        byPlace[1].Close(0);
        var (channel, text) = await ReceiveAsync(socket);
        Assert.Equal(3, channel);
        Assert.Contains("port 2", text, StringComparison.Ordinal);
        await byPlace[2].SendAsync("still here"u8.ToArray());
        Assert.Equal((4, "still here"), await ReceiveAsync(socket));
        peers.ForEach(p => p.Dispose());
    }

    [Fact]
    public async Task A_client_that_goes_resets_the_pods_connection()
    {
        using var pod = new Listener();
        var socket = await ConnectAsync("v5.channel.k8s.io", "ports=80", _ => pod.Dial());
        using var peer = await pod.AcceptAsync();
        socket.Abort();
        socket.Dispose();
        using var deadline = new CancellationTokenSource(s_deadline);
        var e = await Assert.ThrowsAsync<SocketException>(async () => await peer.ReceiveAsync(new byte[1], deadline.Token));
        Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
    }

    [Fact]
    public async Task A_port_that_refuses_is_told_on_its_error_channel_and_v4_is_spoken()
    {
        using var socket = await ConnectAsync("v4.channel.k8s.io", "ports=80", _ => throw new PodRequestException("BadRequest", "connection refused"));
        await ReceiveAsync(socket);
        await ReceiveAsync(socket);
        Assert.Equal((1, "connection refused"), await ReceiveAsync(socket));
        Assert.Equal((-1, ""), await ReceiveAsync(socket));
    }

    [Fact]
    public async Task In_v4_the_pods_end_is_the_end_of_the_whole()
    {
        using var pod = new Listener();
        using var socket = await ConnectAsync("v4.channel.k8s.io", "ports=80", _ => pod.Dial());
        await ReceiveAsync(socket);
        await ReceiveAsync(socket);
        using (var peer = await pod.AcceptAsync())
        {
            await peer.SendAsync("bye"u8.ToArray());
        }

        Assert.Equal((0, "bye"), await ReceiveAsync(socket));
        Assert.Equal((-1, ""), await ReceiveAsync(socket));
    }

    [Fact]
    public async Task Messages_of_no_channel_mean_nothing()
    {
        using var pod = new Listener();
        using var socket = await ConnectAsync("v5.channel.k8s.io", "ports=80", _ => pod.Dial());
        using var peer = await pod.AcceptAsync();
        foreach (var message in (byte[][])[[1, 7], [2], [254, 1, 2], [Close], [Close, 1], [Close, 9], [Close, 0, 0]])
        {
            await socket.SendAsync(message, WebSocketMessageType.Binary, true, CancellationToken.None);
        }

        await SendAsync(socket, 0, "alive"u8.ToArray());
        await SendAsync(socket, Close, [0]);
        Assert.Equal("alive", await ReadToEndAsync(peer));
    }

    [Theory]
    [InlineData("")]
    [InlineData("?ports=0")]
    [InlineData("?ports=65536")]
    [InlineData("?ports=80,x")]
    [InlineData("?ports=-1")]
    public async Task Ports_that_are_none_are_refused_before_the_upgrade(string query)
    {
        var ns = await PodAsync();
        var (code, _) = await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods/web/portforward{query}");
        Assert.Equal(400, code);
    }

    [Fact]
    public async Task What_is_no_WebSocket_and_a_pod_that_is_not_there_are_refused()
    {
        var ns = await PodAsync();
        var (code, status) = await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods/web/portforward?ports=80");
        Assert.Equal(400, code);
        Assert.Contains("Upgrade request required", (string?)status["message"], StringComparison.Ordinal);
        (code, _) = await api.SendAsync(Get, $"/api/v1/namespaces/{ns}/pods/none/portforward?ports=80");
        Assert.Equal(404, code);
        using var answer = await api.ReadOnlyClient.GetAsync(new Uri($"/api/v1/namespaces/{ns}/pods/web/portforward?ports=80", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    private static Task SendAsync(ClientWebSocket socket, byte channel, byte[] bytes) =>
        socket.SendAsync((byte[])[channel, .. bytes], WebSocketMessageType.Binary, true, CancellationToken.None);

    /// <summary>A message with its channel, or -1 at the end.</summary>
    private static async Task<(int Channel, string Text)> ReceiveAsync(ClientWebSocket socket)
    {
        var buffer = new byte[65536];
        using var deadline = new CancellationTokenSource(s_deadline);
        var part = await socket.ReceiveAsync(buffer, deadline.Token);
        Assert.True(part.EndOfMessage);
        return part.MessageType == WebSocketMessageType.Close ? (-1, "") : (buffer[0], Encoding.Latin1.GetString(buffer, 1, part.Count - 1));
    }

    private static async Task<string> ReadToEndAsync(Socket socket)
    {
        using var deadline = new CancellationTokenSource(s_deadline);
        var text = new StringBuilder();
        var buffer = new byte[1024];
        for (int count; (count = await socket.ReceiveAsync(buffer, deadline.Token)) > 0;)
        {
            text.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }

        return text.ToString();
    }

    private async Task<string> PodAsync()
    {
        var ns = await api.NamespaceAsync();
        await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods", ApiFixture.Pod("web"));
        return ns;
    }

    private async Task<ClientWebSocket> ConnectAsync(string protocol, string query, Func<PodConnectRequest, Socket> connect)
    {
        var ns = await PodAsync();
        api.Pods.Connect = connect;
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(protocol);
        using var invoker = ApiFixture.Invoker(api.SocketPath);
        await socket.ConnectAsync(new Uri($"ws://insula/api/v1/namespaces/{ns}/pods/web/portforward?{query}"), invoker, CancellationToken.None);
        Assert.Equal(protocol, socket.SubProtocol);
        return socket;
    }

    /// <summary>What a pod would listen on.</summary>
    private sealed class Listener : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        public Listener()
        {
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen();
        }

        public Socket Dial()
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Connect(_listener.LocalEndPoint!);
            return socket;
        }

        public async Task<Socket> AcceptAsync()
        {
            using var deadline = new CancellationTokenSource(s_deadline);
            return await _listener.AcceptAsync(deadline.Token);
        }

        public void Dispose() => _listener.Dispose();
    }
}
