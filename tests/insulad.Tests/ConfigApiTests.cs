using System.Text.Json.Nodes;

namespace Insulad.Tests;

public sealed class ConfigApiTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task A_config_map_goes_through_all_verbs()
    {
        var path = $"/api/v1/namespaces/{await api.NamespaceAsync()}/configmaps";
        var (code, body) = await api.SendAsync(HttpMethod.Post, path, """{"metadata":{"name":"m"},"data":{"a":"1"}}""");
        Assert.True(code == 201, body.ToJsonString());
        (code, body) = await api.SendAsync(HttpMethod.Patch, path + "/m", """{"data":{"b":"2"}}""", "application/merge-patch+json");
        Assert.Equal((200, "1", "2"), (code, (string?)body["data"]!["a"], (string?)body["data"]!["b"]));
        body["data"] = new JsonObject { ["c"] = "3" };
        (code, body) = await api.SendAsync(HttpMethod.Put, path + "/m", body.ToJsonString());
        Assert.True(code == 200, body.ToJsonString());
        (_, body) = await api.SendAsync(HttpMethod.Get, path);
        Assert.Equal("""{"c":"3"}""", Assert.Single(body["items"]!.AsArray())!["data"]!.ToJsonString());
        (_, body) = await api.SendAsync(HttpMethod.Get, path, accept: "application/json;as=Table;v=v1;g=meta.k8s.io");
        Assert.Equal(["m", "1"], body["rows"]![0]!["cells"]!.AsArray().Take(2).Select(c => c!.ToString()));
        (code, body) = await api.SendAsync(HttpMethod.Patch, path + "/m", """{"immutable":true}""", "application/merge-patch+json");
        Assert.Equal(200, code);
        (code, body) = await api.SendAsync(HttpMethod.Patch, path + "/m", """{"data":{"c":"4"}}""", "application/merge-patch+json");
        Assert.Equal(422, code);
        Assert.Contains("immutable", (string?)body["message"], StringComparison.Ordinal);
        (code, _) = await api.SendAsync(HttpMethod.Delete, path + "/m");
        Assert.Equal(200, code);
        (code, _) = await api.SendAsync(HttpMethod.Get, path + "/m");
        Assert.Equal(404, code);
    }

    [Fact]
    public async Task The_texts_of_a_secret_are_stored_as_data()
    {
        var path = $"/api/v1/namespaces/{await api.NamespaceAsync()}/secrets";
        var (code, body) = await api.SendAsync(HttpMethod.Post, path, """{"metadata":{"name":"s"},"stringData":{"pass":"hush"}}""");
        Assert.True(code == 201, body.ToJsonString());
        Assert.Equal(("Opaque", "aHVzaA==", null), ((string?)body["type"], (string?)body["data"]!["pass"], body["stringData"]));
        (code, body) = await api.SendAsync(HttpMethod.Patch, path + "/s", """{"stringData":{"pass":"more"}}""", "application/merge-patch+json");
        Assert.Equal((200, "bW9yZQ==", null), (code, (string?)body["data"]!["pass"], body["stringData"]));
        (_, body) = await api.SendAsync(HttpMethod.Get, path, accept: "application/json;as=Table;v=v1;g=meta.k8s.io");
        Assert.Equal(["s", "Opaque", "1"], body["rows"]![0]!["cells"]!.AsArray().Take(3).Select(c => c!.ToString()));
        (code, body) = await api.SendAsync(HttpMethod.Patch, path + "/s", """{"type":"kubernetes.io/tls"}""", "application/merge-patch+json");
        Assert.Equal(422, code);
        Assert.Contains("type: Invalid value", (string?)body["message"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"metadata":{"name":"s"},"data":{"pass":"hush-hush"}}""")]
    [InlineData("""{"metadata":{"name":"s"},"stringData":{"pass":31337}}""")]
    [InlineData("""{"metadata":{"name":"s"},"stringData":"hush-hush"}""")]
    [InlineData("""{"metadata":{"name":"s"},"type":"kubernetes.io/tls","stringData":{"pass":"hush-hush"}}""")]
    public async Task No_answer_to_a_wrong_secret_repeats_its_values(string secret)
    {
        var path = $"/api/v1/namespaces/{await api.NamespaceAsync()}/secrets";
        var (code, body) = await api.SendAsync(HttpMethod.Post, path, secret);
        Assert.True(code is 400 or 422, body.ToJsonString());
        Assert.DoesNotContain("hush", body.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("31337", body.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_read_only_socket_shows_no_secret_by_any_path()
    {
        var ns = await api.NamespaceAsync();
        await api.SendAsync(HttpMethod.Post, $"/api/v1/namespaces/{ns}/secrets", """{"metadata":{"name":"s"},"stringData":{"pass":"hush"}}""");
        await api.SendAsync(HttpMethod.Post, $"/api/v1/namespaces/{ns}/configmaps", """{"metadata":{"name":"m"},"data":{"a":"1"}}""");
        foreach (var path in (string[])["secrets", "secrets/s", "secrets?watch=1", "secrets/s?watch=1", "secrets?limit=1"])
        {
            using var answer = await api.ReadOnlyClient.GetAsync(new Uri($"/api/v1/namespaces/{ns}/{path}", UriKind.Relative));
            Assert.Equal(403, (int)answer.StatusCode);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.DoesNotContain("aHVzaA", text, StringComparison.Ordinal);
        }

        using var all = await api.ReadOnlyClient.GetAsync(new Uri("/api/v1/secrets", UriKind.Relative));
        Assert.Equal(403, (int)all.StatusCode);
        using var map = await api.ReadOnlyClient.GetAsync(new Uri($"/api/v1/namespaces/{ns}/configmaps/m", UriKind.Relative));
        Assert.Equal(200, (int)map.StatusCode);
    }
}
