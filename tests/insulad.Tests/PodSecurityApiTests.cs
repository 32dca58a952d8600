using static System.Net.Http.HttpMethod;

namespace Insulad.Tests;

/// <summary>Pod Security Standards through the API; the checks themselves have tests of their own.</summary>
public sealed class PodSecurityApiTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Label = "application/merge-patch+json";
    private const string HostPid = ",\"hostPID\":true";

    [Fact]
    public async Task A_pod_that_violates_its_namespace_is_forbidden_in_every_way_to_create_it()
    {
        var ns = await LabelledAsync("enforce", "baseline");
        const string expected = "pods \"web\" is forbidden: violates PodSecurity \"baseline:latest\": host namespaces (hostPID=true)";
        var pods = $"/api/v1/namespaces/{ns}/pods";
        var pod = ApiFixture.Pod("web", HostPid);
        foreach (var (code, status) in new[]
        {
            await api.SendAsync(Post, pods, pod),
            await api.SendAsync(Post, $"{pods}?dryRun=All", pod),
            await api.SendAsync(Patch, $"{pods}/web", pod, "application/apply-patch+yaml"),
        })
        {
            Assert.Equal((403, "Forbidden", expected), (code, (string?)status["reason"], (string?)status["message"]));
            Assert.Equal(("pods", "web"), ((string?)status["details"]!["kind"], (string?)status["details"]!["name"]));
        }

        var (created, _) = await api.SendAsync(Post, pods, ApiFixture.Pod("web"));
        Assert.Equal(201, created);
    }

    [Fact]
    public async Task A_generated_name_is_the_one_in_the_refusal()
    {
        var ns = await LabelledAsync("enforce", "baseline");
        var (code, status) = await api.SendAsync(
            Post, $"/api/v1/namespaces/{ns}/pods", """{"metadata":{"generateName":"job-"},"spec":{"hostIPC":true,"containers":[{"name":"c","image":"i"}]}}""");
        Assert.Equal(403, code);
        Assert.Matches("^pods \"job-[a-z0-9]{5}\" is forbidden: violates PodSecurity", (string?)status["message"]);
    }

    [Fact]
    public async Task A_pod_that_violates_what_is_warned_of_comes_with_a_warning()
    {
        var ns = await LabelledAsync("warn", "baseline");
        using var response = await api.RawAsync(Post, $"/api/v1/namespaces/{ns}/pods", ApiFixture.Pod("web", HostPid));
        Assert.Equal(201, (int)response.StatusCode);
        Assert.Equal(
            "299 - \"would violate PodSecurity \\\"baseline:latest\\\": host namespaces (hostPID=true)\"",
            Assert.Single(response.Headers.GetValues("Warning")));
    }

    [Fact]
    public async Task A_stricter_label_warns_of_the_pods_that_are_there_and_touches_none()
    {
        var ns = await api.NamespaceAsync();
        await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods", ApiFixture.Pod("web", HostPid));
        using var response = await api.RawAsync(Patch, $"/api/v1/namespaces/{ns}", Labels("enforce", "baseline"), Label);
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(
            [
                $"299 - \"existing pods in namespace \\\"{ns}\\\" violate the new PodSecurity enforce level \\\"baseline:latest\\\"\"",
                "299 - \"web: host namespaces\"",
            ],
            response.Headers.GetValues("Warning"));

        // What may change in it still may, unless it is an image.
        var (code, _) = await api.SendAsync(Patch, $"/api/v1/namespaces/{ns}/pods/web", """{"metadata":{"labels":{"a":"b"}}}""", Label);
        Assert.Equal(200, code);
        (code, _) = await api.SendAsync(Patch, $"/api/v1/namespaces/{ns}/pods/web", """[{"op":"replace","path":"/spec/containers/0/image","value":"other"}]""", "application/json-patch+json");
        Assert.Equal(403, code);
    }

    [Fact]
    public async Task Malformed_labels_are_refused()
    {
        var ns = await api.NamespaceAsync();
        var (code, status) = await api.SendAsync(Patch, $"/api/v1/namespaces/{ns}", Labels("enforce", "strict"), Label);
        Assert.Equal((422, "metadata.labels[pod-security.kubernetes.io/enforce]"), (code, (string?)status["details"]!["causes"]![0]!["field"]));
        (code, _) = await api.SendAsync(Post, "/api/v1/namespaces", """{"metadata":{"name":"malformed","labels":{"pod-security.kubernetes.io/warn-version":"1"}}}""");
        Assert.Equal(422, code);
    }

    private static string Labels(string mode, string level) => $$$$"""{"metadata":{"labels":{"pod-security.kubernetes.io/{{{{mode}}}}":"{{{{level}}}}"}}}""";

    private async Task<string> LabelledAsync(string mode, string level)
    {
        var ns = await api.NamespaceAsync();
        var (code, body) = await api.SendAsync(Patch, $"/api/v1/namespaces/{ns}", Labels(mode, level), Label);
        Assert.True(code == 200, body.ToJsonString());
        return ns;
    }
}
