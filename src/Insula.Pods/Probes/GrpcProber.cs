using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace Insula.Pods.Probes;

/// <summary>
/// A gRPC health probe: <c>grpc.health.v1.Health/Check</c> over HTTP/2 without TLS; <c>SERVING</c> is a success. The two
/// messages have one field each, so they are encoded by hand.
/// </summary>
internal sealed class GrpcProber(PodSockets sockets)
{
    private const int MaxAnswer = 10 * 1024;
    private const int Serving = 1;

    public async Task<ProbeResult> ProbeAsync(ProbeTarget target, string? service, CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            ConnectCallback = async (_, ct) => new NetworkStream(await sockets.ConnectAsync(target, ct), ownsSocket: true),
        };
        using var client = new HttpMessageInvoker(handler);
        var host = target.Host.Contains(':', StringComparison.Ordinal) ? $"[{target.Host}]" : target.Host;
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{host}:{target.Port}/grpc.health.v1.Health/Check")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(Frame(service ?? "")),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.ParseAdd("trailers");
        request.Headers.UserAgent.ParseAdd("kube-probe/1.34");
        try
        {
            using var response = await client.SendAsync(request, cancellationToken);
            var body = await ReadAsync(response, cancellationToken);
            return Judge(response, body, service);
        }
        catch (HttpRequestException e)
        {
            var words = e.InnerException is SocketException socket ? TcpProber.Words(socket) : e.Message;
            return ProbeResult.Failure($"error: failed to connect service \"{target.Host}:{target.Port}\": {words}");
        }
        catch (OperationCanceledException)
        {
            return ProbeResult.Failure($"timeout: failed to connect service \"{target.Host}:{target.Port}\" within the probe's timeout");
        }
        catch (IOException e)
        {
            return ProbeResult.Failure($"error: health rpc failed: {e.Message}");
        }
    }

    // A length-prefixed message: not compressed, four bytes of length, then HealthCheckRequest { string service = 1; }.
    internal static byte[] Frame(string service)
    {
        var name = Encoding.UTF8.GetBytes(service);
        var message = new List<byte>();
        if (name.Length > 0)
        {
            message.Add(0x0a);
            var rest = (uint)name.Length;
            while (rest >= 0x80)
            {
                message.Add((byte)(rest | 0x80));
                rest >>= 7;
            }

            message.Add((byte)rest);
            message.AddRange(name);
        }

        var frame = new byte[5 + message.Count];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Count);
        message.CopyTo(frame, 5);
        return frame;
    }

    // HealthCheckResponse { ServingStatus status = 1; }; a missing field is 0, UNKNOWN. Null: not such a message.
    internal static int? Status(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < 5 || frame[0] != 0 || BinaryPrimitives.ReadInt32BigEndian(frame[1..]) != frame.Length - 5)
        {
            return null;
        }

        var message = frame[5..];
        return message.IsEmpty ? 0 : message.Length >= 2 && message[0] == 0x08 && message[1] < 0x80 ? message[1] : null;
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[MaxAnswer];
        var length = 0;
        int count;
        while (length < buffer.Length && (count = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken)) > 0)
        {
            length += count;
        }

        return buffer[..length];
    }

    private static ProbeResult Judge(HttpResponseMessage response, byte[] body, string? service)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            return ProbeResult.Failure($"error: health rpc failed: HTTP status {(int)response.StatusCode}");
        }

        // A call that fails at once carries its status in the header block instead of the trailers.
        var code = First(response.TrailingHeaders, "grpc-status") ?? First(response.Headers, "grpc-status") ?? "0";
        switch (code)
        {
            case "0":
                break;
            case "12":
                return ProbeResult.Failure("error: this server does not implement the grpc health protocol (grpc.health.v1.Health)");
            case "5":
                return ProbeResult.Failure($"error: service \"{service}\" is not known to the server's health service");
            default:
                var message = First(response.TrailingHeaders, "grpc-message") ?? First(response.Headers, "grpc-message");
                return ProbeResult.Failure($"error: health rpc failed: code {code}{(message is null ? "" : ": " + message)}");
        }

        return Status(body) switch
        {
            Serving => ProbeResult.Success,
            0 => ProbeResult.Failure("service unhealthy (responded with \"UNKNOWN\")"),
            2 => ProbeResult.Failure("service unhealthy (responded with \"NOT_SERVING\")"),
            3 => ProbeResult.Failure("service unhealthy (responded with \"SERVICE_UNKNOWN\")"),
            _ => ProbeResult.Failure("error: health rpc failed: the answer is no HealthCheckResponse"),
        };
    }

    private static string? First(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
