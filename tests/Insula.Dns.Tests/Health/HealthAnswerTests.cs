using System.Text;
using Insula.Dns.Health;

namespace Insula.Dns.Tests.Health;

public sealed class HealthAnswerTests
{
    private const int Most = 100;

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 2u, "HTTP/1.1 200 OK\r\n", "{\"service\":{\"namespace\":\"default\",\"name\":\"web\"},\"localEndpoints\":2,\"serviceProxyHealthy\":true}")]
    [InlineData("GET /healthz HTTP/1.0\r\nHost: x\r\n\r\n", 0u, "HTTP/1.1 503 Service Unavailable\r\n", "\"localEndpoints\":0")]
    [InlineData("HEAD / HTTP/1.1\r\n\r\n", 1u, "HTTP/1.1 200 OK\r\n", "Connection: close\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\r\n\r\n", 1u, "HTTP/1.1 405 Method Not Allowed\r\n", "Allow: GET, HEAD\r\n")]
    [InlineData("nonsense\r\n\r\n", 1u, "HTTP/1.1 400 Bad Request\r\n", "Content-Length: 0")]
    [InlineData("\r\n\r\n", 1u, "HTTP/1.1 400 Bad Request\r\n", "")]
    public void Whole_requests_are_answered(string request, uint endpoints, string status, string end)
    {
        var answer = Encoding.ASCII.GetString(HealthAnswer.To(Encoding.ASCII.GetBytes(request), Most, "default/web", endpoints)!);
        Assert.StartsWith(status, answer, StringComparison.Ordinal);
        Assert.Contains(end, answer, StringComparison.Ordinal);
        var body = answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        Assert.True(body.Length == 0 || answer.Contains($"Content-Length: {body.Length}\r\n", StringComparison.Ordinal));
    }

    [Fact]
    public void Others_are_waited_for_as_long_as_they_are_short()
    {
        Assert.Null(HealthAnswer.To("GET / HTTP/1.1\r\nHost: x\r\n"u8, Most, "a/b", 1));
        Assert.StartsWith("HTTP/1.1 431 ", Encoding.ASCII.GetString(HealthAnswer.To(new byte[Most], Most, "a/b", 1)!), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("default/web", true)]
    [InlineData("default/web.a-1", true)]
    [InlineData("/web", false)]
    [InlineData("default/", false)]
    [InlineData("a/b/c", false)]
    [InlineData("default", false)]
    [InlineData("a/\"", false)]
    [InlineData("a/b\r\n", false)]
    public void What_stands_in_an_answer_is_two_names(string text, bool isService) => Assert.Equal(isService, HealthAnswer.IsService(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Packets_are_read_as_they_were_written()
    {
        Assert.True(HealthText.TryRead(HealthText.Of(30100, 3, "default/web"), out var port, out var endpoints, out var service));
        Assert.Equal((30100, 3u, "default/web"), (port, endpoints, Encoding.ASCII.GetString(service)));
        Assert.False(HealthText.TryRead(HealthText.Of(30100, 3, ""), out _, out _, out _));
        Assert.False(HealthText.TryRead(HealthText.Of(30100, 3, "default/web\n"), out _, out _, out _));
    }
}
