using System.Buffers;
using System.Globalization;
using System.Text;

namespace Insula.Dns.Health;

/// <summary>What a health-check node port answers, as kube-proxy does: 200 with endpoints on this machine, 503 without. Pure.</summary>
public static class HealthAnswer
{
    private static readonly SearchValues<byte> s_nameBytes = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-./"u8);

    private static ReadOnlySpan<byte> End => "\r\n\r\n"u8;

    /// <summary>The answer to what has come so far; null as long as the head of the request is not whole.</summary>
    /// <param name="request">What has come; nobody's bytes are trusted.</param>
    /// <param name="most">The most bytes of a head.</param>
    /// <param name="service">The Service, as "namespace/name".</param>
    /// <param name="endpoints">The number of its ready endpoints on this machine.</param>
    public static byte[]? To(ReadOnlySpan<byte> request, int most, string service, uint endpoints)
    {
        if (request.IndexOf(End) < 0)
        {
            return request.Length >= most ? Write("431 Request Header Fields Too Large", "", isHead: false, "") : null;
        }

        var line = request[..request.IndexOf("\r\n"u8)];
        var isHead = line.StartsWith("HEAD "u8);
        if (!line.EndsWith(" HTTP/1.1"u8) && !line.EndsWith(" HTTP/1.0"u8))
        {
            return Write("400 Bad Request", "", isHead: false, "");
        }

        return isHead || line.StartsWith("GET "u8)
            ? Write(endpoints > 0 ? "200 OK" : "503 Service Unavailable", Body(service, endpoints), isHead, string.Create(CultureInfo.InvariantCulture, $"X-Load-Balancing-Endpoint-Weight: {endpoints}\r\n"))
            : Write("405 Method Not Allowed", "", isHead: false, "Allow: GET, HEAD\r\n");
    }

    /// <summary>Whether a text can stand in an answer as it is: two names of objects, with a slash between.</summary>
    public static bool IsService(ReadOnlySpan<byte> text) =>
        text.Count((byte)'/') == 1 && text[0] != '/' && text[^1] != '/' && text.IndexOfAnyExcept(s_nameBytes) < 0;

    private static string Body(string service, uint endpoints)
    {
        var slash = service.IndexOf('/', StringComparison.Ordinal);
        return string.Create(
            CultureInfo.InvariantCulture,
            $$$"""{"service":{"namespace":"{{{service[..slash]}}}","name":"{{{service[(slash + 1)..]}}}"},"localEndpoints":{{{endpoints}}},"serviceProxyHealthy":true}""");
    }

    private static byte[] Write(string status, string body, bool isHead, string headers) => Encoding.ASCII.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"HTTP/1.1 {status}\r\n{(body.Length > 0 ? "Content-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n" : "")}{headers}Content-Length: {body.Length}\r\nConnection: close\r\n\r\n{(isHead ? "" : body)}"));
}
