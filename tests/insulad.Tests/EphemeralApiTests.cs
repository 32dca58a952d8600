using System.Text.Json.Nodes;
using static System.Net.Http.HttpMethod;

namespace Insulad.Tests;

public sealed class EphemeralApiTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Strategic = "application/strategic-merge-patch+json";

    [Fact]
    public async Task Ephemeral_containers_are_added_by_their_subresource_alone_and_stay_as_they_are()
    {
        var (path, pod) = await PodAsync();
        var (code, changed) = await api.SendAsync(Patch, path + "/ephemeralcontainers", Added("debug"), Strategic);
        Assert.Equal((200, 2L), (code, (long)changed["metadata"]!["generation"]!));
        var added = Assert.Single(changed["spec"]!["ephemeralContainers"]!.AsArray())!;
        Assert.Equal(("debug", "Always", "/dev/termination-log"), ((string?)added["name"], (string?)added["imagePullPolicy"], (string?)added["terminationMessagePath"]));
        (code, changed) = await api.SendAsync(Patch, path + "/ephemeralcontainers", Added("more"), Strategic);
        Assert.True(code == 200, changed.ToJsonString());
        Assert.Equal(["debug", "more"], changed["spec"]!["ephemeralContainers"]!.AsArray().Select(c => (string?)c!["name"]).Order());

        // Nothing else is changed this way, and none of them.
        (code, changed) = await api.SendAsync(Patch, path + "/ephemeralcontainers", """{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"main","image":"other"}]}}""", Strategic);
        Assert.Equal((200, "busybox"), (code, (string?)changed["spec"]!["containers"]![0]!["image"]));
        Assert.Null(changed["metadata"]!["labels"]?["a"]);
        (code, var refused) = await api.SendAsync(Patch, path + "/ephemeralcontainers", """{"spec":{"ephemeralContainers":[{"name":"debug","image":"other"}]}}""", Strategic);
        Assert.Equal(422, code);
        Assert.Contains("\"debug\" may not be changed", (string?)refused["message"], StringComparison.Ordinal);
        (code, refused) = await api.SendAsync(Put, path + "/ephemeralcontainers", pod.ToJsonString());
        Assert.Equal(409, code); // that one is of before
        pod["metadata"]!.AsObject().Remove("resourceVersion");
        (code, refused) = await api.SendAsync(Put, path + "/ephemeralcontainers", pod.ToJsonString());
        Assert.Contains("may not be removed", (string?)refused["message"], StringComparison.Ordinal);

        // A manifest that does not name them leaves them; one that names others is refused.
        (code, changed) = await api.SendAsync(Put, path, pod.ToJsonString());
        Assert.Equal((200, 2), (code, changed["spec"]!["ephemeralContainers"]!.AsArray().Count));
        (code, refused) = await api.SendAsync(Patch, path, Added("third"), Strategic);
        Assert.Equal(422, code);
        Assert.Contains("spec.ephemeralContainers", (string?)refused["message"], StringComparison.Ordinal);
        (code, changed) = await api.SendAsync(Get, path + "/ephemeralcontainers");
        Assert.Equal((200, "Pod", 2), (code, (string?)changed["kind"], changed["spec"]!["ephemeralContainers"]!.AsArray().Count));
    }

    [Theory]
    [InlineData("\"ports\":[{\"containerPort\":80}]", "spec.ephemeralContainers[0].ports: not supported: cannot be set for an Ephemeral Container")]
    [InlineData("\"resources\":{\"limits\":{\"cpu\":\"1\"}}", "spec.ephemeralContainers[0].resources: not supported: cannot be set for an Ephemeral Container")]
    [InlineData("\"livenessProbe\":{\"exec\":{\"command\":[\"true\"]}}", "spec.ephemeralContainers[0].livenessProbe: not supported: cannot be set for an Ephemeral Container")]
    [InlineData("\"lifecycle\":{\"preStop\":{\"exec\":{\"command\":[\"true\"]}}}", "spec.ephemeralContainers[0].lifecycle: not supported: cannot be set for an Ephemeral Container")]
    [InlineData("\"targetContainerName\":\"nobody\"", "spec.ephemeralContainers[0].targetContainerName: Not found")]
    [InlineData("\"unknown\":1", "spec.ephemeralContainers[0].unknown")]
    public async Task What_they_cannot_have_is_refused_by_its_path(string field, string expected)
    {
        var (path, _) = await PodAsync();
        var (code, refused) = await api.SendAsync(Patch, path + "/ephemeralcontainers?fieldValidation=Strict", $$$"""{"spec":{"ephemeralContainers":[{"name":"debug","image":"tools",{{{field}}}}]}}""", Strategic);
        Assert.True(code is 400 or 422, $"{code}");
        Assert.Contains(expected, (string?)refused["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task They_have_names_of_their_own_and_no_pod_is_created_with_them()
    {
        var (path, pod) = await PodAsync();
        var (code, refused) = await api.SendAsync(Patch, path + "/ephemeralcontainers", Added("main"), Strategic);
        Assert.Equal(422, code);
        Assert.Contains("spec.ephemeralContainers[0].name: Duplicate value", (string?)refused["message"], StringComparison.Ordinal);
        pod = JsonNode.Parse(ApiFixture.Pod("born"))!;
        pod["spec"]!["ephemeralContainers"] = new JsonArray(new JsonObject { ["name"] = "debug", ["image"] = "tools" });
        (code, refused) = await api.SendAsync(Post, path[..path.LastIndexOf('/')], pod.ToJsonString());
        Assert.Equal(422, code);
        Assert.Contains("spec.ephemeralContainers: Forbidden: cannot be set on create", (string?)refused["message"], StringComparison.Ordinal);
        using var answer = await api.ReadOnlyClient.GetAsync(new Uri(path + "/ephemeralcontainers", UriKind.Relative));
        Assert.Equal(403, (int)answer.StatusCode);
    }

    private static string Added(string name) => $$$"""{"spec":{"ephemeralContainers":[{"name":"{{{name}}}","image":"tools"}]}}""";

    private async Task<(string Path, JsonNode Pod)> PodAsync()
    {
        var ns = await api.NamespaceAsync();
        var (_, pod) = await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods", ApiFixture.Pod("web"));
        return ($"/api/v1/namespaces/{ns}/pods/web", pod);
    }
}
