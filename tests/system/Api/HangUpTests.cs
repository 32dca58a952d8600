using System.Net.Sockets;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Api;

/// <summary>Clients that go away in the middle.</summary>
public sealed class HangUpTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task A_client_that_hangs_up_after_its_request_is_known_all_the_same()
    {
        for (var i = 0; i < 500; i++)
        {
            using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await client.ConnectAsync(new UnixDomainSocketEndPoint(_insula.Socket));
            await client.SendAsync("GET /api/v1/pods?watch=true HTTP/1.1\r\nHost: insula\r\n\r\n"u8.ToArray());
        }

        await Eventually.TrueAsync(() => _insula.DaemonLog.Contains("audit uid=0"), "requests leave audit lines");
        Assert.DoesNotContain("ObjectDisposedException", _insula.DaemonLog);
        Assert.DoesNotContain($"audit uid={uint.MaxValue}", _insula.DaemonLog);
    }
}
