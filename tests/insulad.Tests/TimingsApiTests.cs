using Insula.Pods.Timing;
using static System.Net.Http.HttpMethod;

namespace Insulad.Tests;

public sealed class TimingsApiTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task A_pod_shows_the_steps_of_its_start()
    {
        var ns = await api.NamespaceAsync();
        var (_, pod) = await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods", """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"busybox"}]}}""");
        var began = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);
        api.Pods.Steps[(string)pod["metadata"]!["uid"]!] = [new TimedStep("launch", "c", 1, began, TimeSpan.FromMicroseconds(1234.5)), new TimedStep("network", null, 0, began, TimeSpan.Zero)];
        var (code, timings) = await api.SendAsync(Get, $"/apis/insula.dev/v1/namespaces/{ns}/podtimings/a");
        Assert.Equal((200, "PodTimings"), (code, (string?)timings["kind"]));
        Assert.Equal(
            """[{"name":"launch","depth":1,"began":"2026-01-02T03:04:05.678000Z","microseconds":1234.5,"container":"c"},{"name":"network","depth":0,"began":"2026-01-02T03:04:05.678000Z","microseconds":0}]""",
            timings["steps"]!.ToJsonString());
    }

    [Fact]
    public async Task Who_is_not_there_has_none()
    {
        var ns = await api.NamespaceAsync();
        Assert.Equal(404, (await api.SendAsync(Get, $"/apis/insula.dev/v1/namespaces/{ns}/podtimings/a")).Code);
        Assert.Equal(404, (await api.SendAsync(Get, $"/apis/insula.dev/v1/namespaces/{ns}/podtimings")).Code);
        Assert.Equal(405, (await api.SendAsync(Delete, $"/apis/insula.dev/v1/namespaces/{ns}/podtimings/a")).Code);
    }
}
