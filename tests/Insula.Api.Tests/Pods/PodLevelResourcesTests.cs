using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Limits;
using Insula.Api.Pods;

namespace Insula.Api.Tests.Pods;

/// <summary>What a pod says of its resources as a whole (KEP-2837).</summary>
public sealed class PodLevelResourcesTests
{
    [Theory]
    [InlineData("""{"limits":{"cpu":"2","memory":"1Gi"}}""", "{}", """{"cpu":"2","memory":"1Gi"}""")] // nobody requests anything: the limits
    [InlineData("""{"limits":{"cpu":"2","memory":"1Gi"}}""", """{"requests":{"cpu":"500m"}}""", """{"cpu":"1","memory":"1Gi"}""")] // what the containers request together
    [InlineData("""{"requests":{"memory":"1Gi"}}""", """{"limits":{"cpu":"500m"}}""", """{"cpu":"1","memory":"1Gi"}""")] // a limit is a request
    [InlineData("""{"requests":{"memory":"1Gi"}}""", "{}", """{"memory":"1Gi"}""")]
    [InlineData("""{"limits":{}}""", """{"requests":{"cpu":"500m"}}""", null)] // says nothing
    public void What_it_does_not_request_is_what_its_containers_do_or_else_its_limit(string whole, string own, string? requests)
    {
        var actual = PodOf(whole, own)["spec"]!["resources"]!["requests"];
        Assert.True(JsonNode.DeepEquals(requests is null ? null : JsonNode.Parse(requests), actual), $"{actual}");
    }

    [Theory]
    [InlineData("""{"requests":{"cpu":"1"},"limits":{"cpu":"1"}}""", """{"requests":{"cpu":"500m"},"limits":{"cpu":"1"}}""", null)] // limits may be more together
    [InlineData("""{"requests":{"cpu":"900m"}}""", """{"requests":{"cpu":"500m"}}""", "spec.resources.requests[cpu]: Invalid value: \"900m\": must be greater than or equal to aggregate container requests of 1")]
    [InlineData("""{"limits":{"memory":"1Gi"}}""", """{"limits":{"memory":"2Gi"},"requests":{"memory":"1"}}""", "spec.containers[0].resources.limits[memory]: Invalid value: \"2Gi\": must be less than or equal to pod limits of 1Gi")]
    [InlineData("""{"requests":{"cpu":"2"},"limits":{"cpu":"1"}}""", "{}", "spec.resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1")]
    [InlineData("""{"limits":{"ephemeral-storage":"1Gi"}}""", "{}", "not supported: only cpu and memory are")]
    public void Its_containers_fit_into_it(string whole, string own, string? complaint)
    {
        var errors = PodValidation.Validate(ApiJson.Read<Pod>(PodOf(whole, own)));
        if (complaint is null)
        {
            Assert.Empty(errors);
        }
        else
        {
            Assert.Contains(complaint, string.Join('\n', errors), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void It_is_not_resized() => Assert.Contains(
        ResizeUpdate.Validate(PodOf("""{"requests":{"cpu":"1"}}""", "{}"), PodOf("""{"requests":{"cpu":"1"}}""", """{"requests":{"cpu":"1m"}}""")),
        e => e.ToString().Contains("pods with pod-level resources cannot be resized", StringComparison.Ordinal));

    [Fact]
    public void A_LimitRange_of_pods_looks_at_the_whole()
    {
        var range = ApiJson.Read<LimitRange>(JsonNode.Parse("""{"spec":{"limits":[{"type":"Pod","max":{"cpu":"1"}}]}}""")!);
        Assert.Contains("but limit is 2", Assert.Single(LimitRangeAdmission.Complaints(range, ApiJson.Read<Pod>(PodOf("""{"limits":{"cpu":"2"}}""", "{}")))), StringComparison.Ordinal);
        Assert.Empty(LimitRangeAdmission.Complaints(range, ApiJson.Read<Pod>(PodOf("""{"limits":{"cpu":"1"}}""", """{"limits":{"cpu":"800m"},"requests":{"cpu":"100m"}}"""))));
    }

    /// <summary>Whatever is said where: what is packed is what the pod says, or what its containers do, and defaults make nothing invalid.</summary>
    [Fact]
    public void What_is_packed_is_what_the_pod_says() => Prop.ForAll(
        (from request in Gen.Choose(0, 8)
         from limit in Gen.Choose(0, 8)
         from own in Gen.Choose(0, 3)
         select (request, limit, own)).ToArbitrary(),
        c =>
        {
            var whole = new JsonObject();
            Say(whole, "requests", c.request);
            Say(whole, "limits", c.limit);
            var pod = ApiJson.Read<Pod>(PodOf(whole.ToJsonString(), c.own == 0 ? "{}" : $$"""{"requests":{"cpu":"{{c.own}}"} }"""));
            var together = 2 * c.own;
            var expected = c.request > 0 ? c.request : c.own > 0 ? together : c.limit;
            Assert.Equal(expected * 1000, PodResources.Requested(pod.Spec, "cpu"));
            var isValid = (c.request == 0 || c.request >= together) && (c.limit == 0 || expected <= c.limit);
            Assert.Equal(isValid, PodValidation.Validate(pod).Count == 0);
        }).QuickCheckThrowOnFailure();

    private static void Say(JsonObject whole, string part, int cpu)
    {
        if (cpu > 0)
        {
            whole[part] = new JsonObject { ["cpu"] = $"{cpu}" };
        }
    }

    private static JsonObject PodOf(string whole, string own) => PodDefaults.Apply(JsonNode.Parse(
        $$"""
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},
         "spec":{"resources":{{whole}},"containers":[{"name":"a","image":"i","resources":{{own}} },{"name":"b","image":"i","resources":{{own}} }]} }
        """)!.AsObject());
}
