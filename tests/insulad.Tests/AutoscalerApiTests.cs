using System.Text.Json.Nodes;
using static System.Net.Http.HttpMethod;

namespace Insulad.Tests;

public sealed class AutoscalerApiTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task What_is_left_out_has_the_defaults_of_a_cluster()
    {
        var ns = await api.NamespaceAsync();
        var (code, made) = await api.SendAsync(Post, Path(ns), Autoscaler("""{"scaleTargetRef":{"kind":"Deployment","name":"web","apiVersion":"apps/v1"},"maxReplicas":5,"behavior":{"scaleDown":{"selectPolicy":"Min"}}}"""));
        Assert.Equal(201, code);
        Assert.Equal(1, (int)made["spec"]!["minReplicas"]!);
        Assert.Equal(80, (int)made["spec"]!["metrics"]![0]!["resource"]!["target"]!["averageUtilization"]!);
        Assert.Equal(2, made["spec"]!["behavior"]!["scaleUp"]!["policies"]!.AsArray().Count);
        Assert.Equal(("Min", null), ((string?)made["spec"]!["behavior"]!["scaleDown"]!["selectPolicy"], made["spec"]!["behavior"]!["scaleDown"]!["stabilizationWindowSeconds"]));
    }

    [Theory]
    [InlineData("""{"scaleTargetRef":{"kind":"Deployment","name":"web"},"maxReplicas":0}""", "spec.maxReplicas: Invalid value: 0: must be greater than 0")]
    [InlineData("""{"scaleTargetRef":{"kind":"Deployment","name":"web"},"minReplicas":3,"maxReplicas":2}""", "spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`")]
    [InlineData("""{"scaleTargetRef":{"kind":"Deployment","name":"web"},"maxReplicas":2,"metrics":[{"type":"Resource"}]}""", "spec.metrics[0].resource: Required value")]
    [InlineData("""{"scaleTargetRef":{"kind":"Deployment","name":"web"},"maxReplicas":2,"metrics":[{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization"}}}]}""", "spec.metrics[0].resource.target: Required value")]
    [InlineData("""{"scaleTargetRef":{"kind":"Deployment","name":"web"},"maxReplicas":2,"metrics":[{"type":"Resource","resource":{"name":"cpu","target":{"type":"AverageValue","averageUtilization":5}}}]}""", "spec.metrics[0].resource.target.type: Invalid value")]
    [InlineData("""{"scaleTargetRef":{"kind":"Deployment","name":"web"},"maxReplicas":2,"metrics":[{"type":"Pods","pods":{}}]}""", "spec.metrics[0].type")]
    [InlineData("""{"scaleTargetRef":{"kind":"Deployment","name":"web"},"maxReplicas":2,"metrics":[{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":5}},"external":{}}]}""", "spec.metrics[0].external")]
    [InlineData("""{"scaleTargetRef":{"kind":"Deployment","name":"web"},"maxReplicas":2,"behavior":{"scaleUp":{"policies":[{"type":"Pods","value":0,"periodSeconds":1}]}}}""", "spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero")]
    [InlineData("""{"scaleTargetRef":{"kind":"Deployment","name":"web"},"maxReplicas":2,"behavior":{"scaleUp":{"stabilizationWindowSeconds":3601}}}""", "spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601")]
    public async Task What_is_wrong_is_refused_by_its_path(string spec, string said)
    {
        var ns = await api.NamespaceAsync();
        var (code, status) = await api.SendAsync(Post, Path(ns), Autoscaler(spec));
        Assert.InRange(code, 400, 422);
        Assert.Contains(said, (string?)status["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_workload_that_is_not_there_is_said_to_be_missing()
    {
        var ns = await api.NamespaceAsync();
        await api.SendAsync(Post, Path(ns), Autoscaler("""{"scaleTargetRef":{"kind":"Deployment","name":"nobody","apiVersion":"apps/v1"},"maxReplicas":2}"""));
        JsonNode? condition = null;
        for (var i = 0; i < 100 && condition is null; i++)
        {
            await Task.Delay(100);
            condition = (await api.SendAsync(Get, $"{Path(ns)}/web")).Body["status"]?["conditions"]?[0];
        }

        Assert.Equal(("AbleToScale", "False"), ((string?)condition!["type"], (string?)condition["status"]));
        Assert.Contains("deployments.apps \"nobody\" not found", (string?)condition["message"], StringComparison.Ordinal);
    }

    private static string Path(string ns) => $"/apis/autoscaling/v2/namespaces/{ns}/horizontalpodautoscalers";

    private static string Autoscaler(string spec) => $$$"""{"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","metadata":{"name":"web"},"spec":{{{spec}}}}""";
}
