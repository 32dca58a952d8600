using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Pods;

namespace Insula.Api.Tests.Pods;

public sealed class HugePagesTests
{
    [Theory]
    [InlineData("hugepages-2Mi", 2L << 20)]
    [InlineData("hugepages-1Gi", 1L << 30)]
    [InlineData("hugepages-64Ki", 64L << 10)]
    [InlineData("hugepages-2048Ki", null)]
    [InlineData("hugepages-2M", null)]
    [InlineData("hugepages-3Mi", null)]
    [InlineData("hugepages--2Mi", null)]
    [InlineData("hugepages-0", null)]
    [InlineData("hugepages-", null)]
    [InlineData("memory", null)]
    public void A_size_is_a_power_of_two_as_nodes_write_it(string name, long? size)
    {
        Assert.Equal(size, HugePages.SizeOf(name));
        Assert.True(size is null || HugePages.NameOf(size.Value) == name);
    }

    [Theory]
    [InlineData("""{"limits":{"memory":"64Mi","hugepages-2Mi":"4Mi"}}""", null)]
    [InlineData("""{"requests":{"cpu":"1","hugepages-2Mi":"4Mi"},"limits":{"hugepages-2Mi":"4Mi"}}""", null)]
    [InlineData("""{"limits":{"memory":"64Mi","hugepages-2Mi":"0"}}""", null)]
    [InlineData("""{"limits":{"hugepages-2Mi":"4Mi"}}""", "spec.containers[0].resources: Forbidden: HugePages require cpu or memory")]
    [InlineData("""{"limits":{"cpu":"1","hugepages-2Mi":"4Mi"},"requests":{"hugepages-2Mi":"2Mi"}}""", "spec.containers[0].resources.requests: Invalid value: \"2Mi\": must be equal to hugepages-2Mi limit of 4Mi")]
    [InlineData("""{"requests":{"cpu":"1","hugepages-2Mi":"2Mi"}}""", "spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources")]
    [InlineData("""{"limits":{"cpu":"1","hugepages-2Mi":"3Mi"}}""", "spec.containers[0].resources.limits[hugepages-2Mi]: Invalid value: \"3Mi\": is not positive integer multiple of 2Mi")]
    [InlineData("""{"limits":{"cpu":"1","hugepages-2Mi":"-2Mi"}}""", "spec.containers[0].resources.limits[hugepages-2Mi]: Invalid value: \"-2Mi\": must be greater than or equal to 0")]
    [InlineData("""{"limits":{"cpu":"1","hugepages-2000Ki":"4Mi"}}""", "spec.containers[0].resources.limits[hugepages-2000Ki]: Invalid value: \"hugepages-2000Ki\": must be hugepages-SIZE")]
    [InlineData("""{"limits":{"cpu":"1","gpu":"1"}}""", "not supported: only cpu, memory, ephemeral-storage and hugepages-SIZE are")]
    public void They_are_requested_beside_others_whole_and_as_much_as_is_the_limit(string resources, string? complaint) => Judge(complaint, [], resources);

    [Theory]
    [InlineData("HugePages-2Mi", null)]
    [InlineData("HugePages-1Gi", null)]
    [InlineData("HugePages", "spec.volumes[0].emptyDir.medium: Invalid value: \"HugePages\": the containers request several sizes (hugepages-1Gi, hugepages-2Mi): write which, such as HugePages-2Mi")]
    [InlineData("HugePages-64Ki", "spec.volumes[0].emptyDir.medium: Invalid value: \"HugePages-64Ki\": no container requests hugepages-64Ki")]
    [InlineData("HugePages-2M", "spec.volumes[0].emptyDir.medium: Invalid value: \"HugePages-2M\": must be one of \"\", Memory, HugePages, or HugePages-SIZE such as HugePages-2Mi")]
    [InlineData("Disk", "spec.volumes[0].emptyDir.medium: Invalid value: \"Disk\": must be one of \"\", Memory, HugePages, or HugePages-SIZE such as HugePages-2Mi")]
    [InlineData("", null)]
    [InlineData("HugePages-", "must be one of \"\", Memory, HugePages, or HugePages-SIZE such as HugePages-2Mi")]
    public void A_volume_is_of_pages_that_some_container_requests(string medium, string? complaint) => Judge(
        complaint, [medium], """{"limits":{"cpu":"1","hugepages-2Mi":"2Mi"}}""", """{"limits":{"cpu":"1","hugepages-1Gi":"1Gi"}}""");

    [Fact]
    public void Without_a_size_a_volume_is_of_the_one_that_is_requested()
    {
        var spec = ApiJson.Read<PodSpec>("""{"initContainers":[{"resources":{"limits":{"hugepages-1Gi":"1Gi"}}}],"containers":[{}]}""");
        Assert.Equal("hugepages-1Gi", HugePages.ResourceOf("HugePages", spec));
        Assert.Equal((true, true, false, false), (HugePages.IsMedium("HugePages"), HugePages.IsMedium("HugePages-2Mi"), HugePages.IsMedium("Memory"), HugePages.IsMedium(null)));
    }

    [Fact]
    public void They_do_not_change_the_class_and_a_pod_has_none_as_a_whole()
    {
        Assert.Equal(QosClasses.Guaranteed, PodQos.Of(ApiJson.Read<PodSpec>("""{"containers":[{"resources":{"limits":{"cpu":"1","memory":"1Mi","hugepages-2Mi":"2Mi"}}}]}""")));
        var pod = Pod([], """{"limits":{"cpu":"1"}}""");
        pod["spec"]!["resources"] = JsonNode.Parse("""{"limits":{"hugepages-2Mi":"2Mi"}}""");
        Assert.Contains(
            PodValidation.Validate(ApiJson.Read<Pod>(PodDefaults.Apply(pod))), e => e.ToString().Contains("not supported for the pod as a whole: huge pages are its containers'", StringComparison.Ordinal));
    }

    private static void Judge(string? complaint, string[] media, params string[] resources)
    {
        var errors = PodValidation.Validate(ApiJson.Read<Pod>(PodDefaults.Apply(Pod(media, resources))));
        Assert.True(complaint is null ? errors.Count == 0 : errors.Any(e => e.ToString().Contains(complaint, StringComparison.Ordinal)), string.Join('\n', errors));
    }

    private static JsonObject Pod(string[] media, params string[] resources) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Pod",
        ["metadata"] = new JsonObject { ["name"] = "web" },
        ["spec"] = new JsonObject
        {
            ["containers"] = new JsonArray([.. resources.Select((r, i) => new JsonObject { ["name"] = $"c{i}", ["image"] = "b", ["resources"] = JsonNode.Parse(r) })]),
            ["volumes"] = new JsonArray([.. media.Select((m, i) => new JsonObject { ["name"] = $"v{i}", ["emptyDir"] = new JsonObject { ["medium"] = m } })]),
        },
    };
}
