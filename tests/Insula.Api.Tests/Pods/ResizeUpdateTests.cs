using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Pods;

namespace Insula.Api.Tests.Pods;

public sealed class ResizeUpdateTests
{
    private const string Burstable = """{"requests":{"cpu":"1","memory":"1Gi"},"limits":{"cpu":"2"}}""";

    [Fact]
    public void Only_resources_and_their_policies_are_taken_and_by_the_containers_names()
    {
        var old = PodOf(Burstable);
        var proposed = PodOf("""{"requests":{"cpu":"3"}}""");
        proposed["metadata"]!["labels"] = new JsonObject { ["a"] = "b" };
        proposed["metadata"]!["resourceVersion"] = "7";
        proposed["spec"]!["hostNetwork"] = true;
        var container = proposed["spec"]!["containers"]![0]!;
        (container["image"], container["resizePolicy"]) = ("other", new JsonArray(new JsonObject { ["resourceName"] = "cpu", ["restartPolicy"] = "NotRequired" }));
        proposed["spec"]!["containers"]!.AsArray().Add(new JsonObject { ["name"] = "more", ["image"] = "i" });
        var taken = ResizeUpdate.Take(old, proposed);
        Assert.Equal("""{"requests":{"cpu":"3"}}""", taken["spec"]!["containers"]![0]!["resources"]!.ToJsonString());
        Assert.Equal("i", (string?)taken["spec"]!["containers"]![0]!["image"]);
        Assert.Single(taken["spec"]!["containers"]![0]!["resizePolicy"]!.AsArray());
        Assert.Single(taken["spec"]!["containers"]!.AsArray());
        Assert.Null(taken["spec"]!["hostNetwork"]);
        Assert.Null(taken["metadata"]!["labels"]);
        Assert.Equal("7", (string?)taken["metadata"]!["resourceVersion"]);
    }

    [Theory]
    [InlineData("""{"requests":{"cpu":"2","memory":"2Gi"},"limits":{"cpu":"2"}}""", null)]
    [InlineData("""{"requests":{"cpu":"1","memory":"1Gi"},"limits":{"cpu":"2","memory":"4Gi"}}""", null)] // added
    [InlineData("""{"requests":{"cpu":"1000m","memory":"1024Mi"},"limits":{"cpu":"2"}}""", null)] // the same in other words
    [InlineData("""{"requests":{"cpu":"1"},"limits":{"cpu":"2"}}""", "spec.containers[0].resources.requests[memory]: Forbidden: resource requests cannot be removed")]
    [InlineData("""{"requests":{"cpu":"1","memory":"1Gi"}}""", "spec.containers[0].resources.limits[cpu]: Forbidden: resource limits cannot be removed")]
    [InlineData("""{"requests":{"cpu":"1","memory":"1Gi","ephemeral-storage":"1Gi"},"limits":{"cpu":"2"}}""", "spec.containers[0].resources.requests[ephemeral-storage]: Forbidden: only cpu and memory")]
    [InlineData("""{"requests":{"cpu":"2","memory":"1Gi"},"limits":{"cpu":"2","memory":"1Gi"}}""", "Pod QOS Class may not change as a result of resizing: it is Burstable")]
    public void What_may_change_changes(string resources, string? complaint) => AssertSays(complaint, ResizeUpdate.Validate(PodOf(Burstable), PodOf(resources)));

    [Fact]
    public void Sidecars_change_and_init_containers_that_end_do_not()
    {
        foreach (var (policy, complaint) in new (string?, string?)[] { ("Always", null), (null, "spec.initContainers[0].resources: Forbidden: only cpu and memory resources of containers and of sidecars") })
        {
            AssertSays(complaint, ResizeUpdate.Validate(WithInit("1"), WithInit("2")));

            JsonObject WithInit(string cpu)
            {
                var pod = PodOf(Burstable);
                pod["spec"]!["initContainers"] = new JsonArray(JsonNode.Parse($$"""{"name":"init","image":"i","resources":{"requests":{"cpu":"{{cpu}}"} } }"""));
                pod["spec"]!["initContainers"]![0]!["restartPolicy"] = policy;
                return pod;
            }
        }
    }

    [Theory]
    [InlineData("Always", null, null)]
    [InlineData("Never", null, "must be 'NotRequired' when `restartPolicy` is 'Never'")]
    [InlineData("Always", "Never", "must be 'NotRequired' when `restartPolicy` is 'Never'")]
    public void Who_is_never_restarted_is_not_restarted_for_it(string policy, string? own, string? complaint)
    {
        var pod = PodOf(Burstable);
        pod["spec"]!["restartPolicy"] = policy;
        pod["spec"]!["containers"]![0]!["restartPolicy"] = own;
        pod["spec"]!["containers"]![0]!["resizePolicy"] = JsonNode.Parse("""[{"resourceName":"cpu","restartPolicy":"RestartContainer"}]""");
        AssertSays(complaint, PodValidation.Validate(ApiJson.Read<Pod>(PodDefaults.Apply(pod))));
    }

    [Fact]
    public void By_the_pod_itself_resources_do_not_change_and_who_tries_is_told_how() => AssertSays(
        "by the subresource resize", PodUpdate.Validate(PodOf(Burstable), PodOf("""{"requests":{"cpu":"2","memory":"1Gi"},"limits":{"cpu":"2"}}""")));

    /// <summary>Counted is the most of what is wanted, set aside and in force, but not what the machine will never have.</summary>
    [Fact]
    public void The_most_is_counted() => Prop.ForAll(
        (from wanted in Gen.Choose(0, 9)
         from allocated in Gen.Choose(0, 9)
         from actual in Gen.Choose(0, 9)
         from infeasible in Gen.Elements(true, false)
         select (wanted, allocated, actual, infeasible)).ToArbitrary(),
        c =>
        {
            var pod = PodOf($$"""{"requests":{"cpu":"{{c.wanted}}"} }""");
            pod["status"] = JsonNode.Parse(
                $$"""
                {"conditions":[{"type":"PodResizePending","status":"True","reason":"{{(c.infeasible ? "Infeasible" : "Deferred")}}"}],
                 "containerStatuses":[{"name":"web","allocatedResources":{"cpu":"{{c.allocated}}"},"resources":{"requests":{"cpu":"{{c.actual}}"} } }]}
                """);
            Assert.Equal(Math.Max(Math.Max(c.allocated, c.actual), c.infeasible ? 0 : c.wanted) * 1000, PodResources.Counted(ApiJson.Read<Pod>(pod), "cpu"));
        }).QuickCheckThrowOnFailure();

    private static JsonObject PodOf(string resources) => PodDefaults.Apply(JsonNode.Parse(
        $$"""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"web","image":"i","resources":{{resources}} }]} }""")!.AsObject());

    private static void AssertSays(string? complaint, IReadOnlyList<Insula.Api.Validation.FieldError> errors)
    {
        if (complaint is null)
        {
            Assert.Empty(errors);
        }
        else
        {
            Assert.Contains(complaint, string.Join('\n', errors), StringComparison.Ordinal);
        }
    }
}
