using static System.Net.Http.HttpMethod;

namespace Insulad.Tests;

public sealed class PeerLimitTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task One_user_may_hold_only_so_many_watches()
    {
        var ns = await api.NamespaceAsync();
        var held = new List<WatchStream>();
        var refused = 0;
        for (var i = 0; i < 12 && refused == 0; i++)
        {
            using var probe = new HttpRequestMessage(Get, $"/api/v1/namespaces/{ns}/pods?watch=true");
            var response = await api.Client.SendAsync(probe, HttpCompletionOption.ResponseHeadersRead);
            if ((int)response.StatusCode == 429)
            {
                refused++;
                response.Dispose();
            }
            else
            {
                held.Add(new WatchStream(response));
            }
        }

        Assert.Equal(1, refused);
        foreach (var watch in held)
        {
            await watch.DisposeAsync();
        }
    }
}
