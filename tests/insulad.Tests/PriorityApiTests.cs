using static System.Net.Http.HttpMethod;

namespace Insulad.Tests;

/// <summary>PriorityClasses through the API, and what they give to pods.</summary>
public sealed class PriorityApiTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Classes = "/apis/scheduling.k8s.io/v1/priorityclasses";

    [Fact]
    public async Task A_pod_gets_the_priority_of_its_class()
    {
        var ns = await api.NamespaceAsync();
        await api.SendAsync(Post, Classes, """{"metadata":{"name":"urgent"},"value":1000,"preemptionPolicy":"Never"}""");
        var (code, pod) = await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods", ApiFixture.Pod("web", ",\"priorityClassName\":\"urgent\""));
        Assert.Equal((201, 1000, "Never"), (code, (int)pod["spec"]!["priority"]!, (string?)pod["spec"]!["preemptionPolicy"]));

        // A manifest that does not name them keeps them.
        (code, pod) = await api.SendAsync(Put, $"/api/v1/namespaces/{ns}/pods/web", ApiFixture.Pod("web", ",\"priorityClassName\":\"urgent\""));
        Assert.Equal((200, 1000), (code, (int)pod["spec"]!["priority"]!));
        (_, pod) = await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods", ApiFixture.Pod("node", ",\"priorityClassName\":\"system-node-critical\""));
        Assert.Equal(2_000_001_000, (int)pod["spec"]!["priority"]!);
    }

    [Theory]
    [InlineData(",\"priorityClassName\":\"none\"", "no PriorityClass with name none was found: `insula get priorityclasses` lists them")]
    [InlineData(",\"priority\":5", "the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name")]
    [InlineData(",\"priorityClassName\":\"system-node-critical\",\"preemptionPolicy\":\"Never\"", "the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority admission controller computed PreemptLowerPriority from the given PriorityClass name")]
    public async Task What_a_pod_says_of_its_priority_must_be_so(string spec, string why)
    {
        var ns = await api.NamespaceAsync();
        var (code, status) = await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods", ApiFixture.Pod("web", spec));
        Assert.Equal((403, $"pods \"web\" is forbidden: {why}"), (code, (string?)status["message"]));
    }

    [Fact]
    public async Task A_class_that_is_the_default_is_that_of_pods_without_one()
    {
        var ns = await api.NamespaceAsync();
        await api.SendAsync(Post, Classes, """{"metadata":{"name":"usual"},"value":7,"globalDefault":true}""");
        try
        {
            var (_, pod) = await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/pods", ApiFixture.Pod("web"));
            Assert.Equal(("usual", 7), ((string?)pod["spec"]!["priorityClassName"], (int)pod["spec"]!["priority"]!));
        }
        finally
        {
            await api.SendAsync(Delete, $"{Classes}/usual");
        }
    }

    [Theory]
    [InlineData("""{"metadata":{"name":"a"},"value":1000000001}""", "value: Forbidden: maximum allowed value of a user defined priority is 1000000000")]
    [InlineData("""{"metadata":{"name":"system-mine"},"value":1}""", "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only")]
    [InlineData("""{"metadata":{"name":"a"}}""", "value: Required value")]
    [InlineData("""{"metadata":{"name":"a"},"value":1,"preemptionPolicy":"Always"}""", "preemptionPolicy: Unsupported value: \"Always\"")]
    public async Task A_class_that_is_wrong_is_refused_by_field(string manifest, string why)
    {
        var (code, status) = await api.SendAsync(Post, Classes, manifest);
        Assert.True(code is 400 or 422);
        Assert.Contains(why, (string?)status["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_value_of_a_class_stays()
    {
        await api.SendAsync(Post, Classes, """{"metadata":{"name":"fixed"},"value":1}""");
        var (code, status) = await api.SendAsync(Put, $"{Classes}/fixed", """{"metadata":{"name":"fixed"},"value":2}""");
        Assert.Equal(422, code);
        Assert.Contains("value: Forbidden: may not be changed in an update.", (string?)status["message"], StringComparison.Ordinal);
        (code, _) = await api.SendAsync(Put, $"{Classes}/fixed", """{"metadata":{"name":"fixed"},"value":1,"description":"for the night"}""");
        Assert.Equal(200, code);
    }
}
