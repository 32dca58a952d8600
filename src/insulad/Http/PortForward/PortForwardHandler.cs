using System.Globalization;
using System.Net.Sockets;
using Insula.Api.Meta;
using Insula.Pods;
using Insula.Pods.Streaming;
using Insula.Store;
using Insulad.Http.Channels;

namespace Insulad.Http.PortForward;

/// <summary><c>pods/NAME/portforward</c>: one connection to each port named, over a WebSocket with Kubernetes' channels.</summary>
internal sealed class PortForwardHandler(IObjectStore store, IPodService pods, CancellationToken stopping)
{
    /// <summary>Two channels a port, and 255 has another meaning.</summary>
    private const int MostPorts = 64;

    public async Task ForwardAsync(ApiRequest request)
    {
        _ = store.Get(request.Key) ?? throw new ApiException(Failures.NotFound("pods", request.Info.Name!));
        var ports = Ports(request);
        var protocol = ChannelSocket.Choose(request.Http, "port-forward");
        using var end = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted, stopping);
        using var socket = await ChannelSocket.AcceptAsync(request.Http, protocol);
        await new PortForwardSession(
            socket, ports, (port, ct) => ConnectAsync(request, port, ct)).RunAsync(end.Token);
    }

    private async Task<Socket> ConnectAsync(ApiRequest request, int port, CancellationToken ct) =>
        await pods.ConnectAsync(new PodConnectRequest(request.Namespace, request.Info.Name!, port), ct);

    private static List<int> Ports(ApiRequest request)
    {
        var words = request.Http.Request.Query["ports"].SelectMany(value => (value ?? "").Split(',')).ToList();
        if (words.Count is 0 or > MostPorts)
        {
            throw ApiException.BadRequest($"query parameter \"ports\" is required, with 1 to {MostPorts} ports: ports=80&ports=443");
        }

        return [.. words.Select(word => int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536
            ? port
            : throw ApiException.BadRequest($"unable to parse \"{word}\" as a port: 1 to 65535 is wanted"))];
    }
}
