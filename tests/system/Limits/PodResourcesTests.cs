using System.Globalization;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Limits;

/// <summary>Pods that say as a whole what they may use. All but one of the processors are kept for the system, so that one can be requested.</summary>
public sealed class PodResourcesTests(PodResourcesTests.Fixture fixture) : IClassFixture<PodResourcesTests.Fixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task The_pod_is_held_to_what_it_says_and_its_containers_to_that_or_to_less()
    {
        var pod = PodOf("whole", """{"limits":{"cpu":"300m","memory":"96Mi"}}""");
        var other = pod["spec"]!["containers"]![0]!.DeepClone();
        other["name"] = "other";
        other["resources"] = JsonNode.Parse("""{"requests":{"memory":"16Mi"},"limits":{"memory":"32Mi"}}""");
        pod["spec"]!["containers"]!.AsArray().Add(other);
        await _insula.ApplyAsync(pod.ToJsonString());
        var stored = await _insula.WaitForReadyAsync("whole");
        Assert.Equal("""{"cpu":"300m","memory":"16Mi"}""", stored["spec"]!["resources"]!["requests"]!.ToJsonString());
        Assert.Equal("Burstable", (string?)stored["status"]!["qosClass"]);
        Assert.Equal(96L << 20, Memory(Group(stored, "main")));
        Assert.Equal(32L << 20, Memory(Group(stored, "other")));
        Assert.Equal(96L << 20, Memory(Path.GetDirectoryName(Group(stored, "main"))!));
        foreach (var group in (string[])[Group(stored, "main", "cpu"), Path.GetDirectoryName(Group(stored, "main", "cpu"))!])
        {
            Assert.Equal("30000", File.Exists(Path.Combine(group, "cpu.max")) ? Read(group, "cpu.max").Split(' ')[0] : Read(group, "cpu.cfs_quota_us"));
        }

        var described = (await _insula.CliAsync("describe", "pod", "whole")).Succeeded();
        Assert.Matches(@"\nLimits: +cpu=300m\n +memory=96Mi\n", described);
        var refused = await _insula.CliAsync("set", "resources", "pod/whole", "-c", "other", "--limits", "memory=48Mi");
        Assert.Contains("pods with pod-level resources cannot be resized", refused.Error, StringComparison.Ordinal);
        await _insula.DeletePodAsync("whole");
    }

    [Fact]
    public async Task What_the_pod_requests_is_packed_and_decides_its_class()
    {
        await _insula.ApplyAsync(PodOf("first", """{"requests":{"cpu":"700m","memory":"64Mi"},"limits":{"cpu":"700m","memory":"64Mi"}}""").ToJsonString());
        var first = await _insula.WaitForReadyAsync("first");
        Assert.Equal("Guaranteed", (string?)first["status"]!["qosClass"]);
        Assert.Contains("/guaranteed/", Group(first, "main"), StringComparison.Ordinal);
        await _insula.ApplyAsync(PodOf("second", """{"requests":{"cpu":"400m"}}""").ToJsonString());
        await _insula.WaitForPodAsync("second", p => Pods.Condition(p, "PodScheduled") == "False", "it has no place");
        await _insula.DeletePodAsync("first");
        await _insula.WaitForReadyAsync("second");
        await _insula.DeletePodAsync("second");
    }

    private static JsonNode PodOf(string name, string resources)
    {
        var pod = JsonNode.Parse(Manifests.Pod(name, Manifests.Forever))!;
        pod["spec"]!["resources"] = JsonNode.Parse(resources);
        return pod;
    }

    private string Group(JsonNode pod, string container, string controller = "memory")
    {
        var group = Processes.GroupOf(_insula, pod, container, controller);
        Assert.NotNull(group);
        return group;
    }

    private static long Memory(string group) =>
        long.Parse(File.Exists(Path.Combine(group, "memory.max")) ? Read(group, "memory.max") : Read(group, "memory.limit_in_bytes"), CultureInfo.InvariantCulture);

    private static string Read(string group, string file) => File.ReadAllText(Path.Combine(group, file)).Trim();

    public sealed class Fixture : InstanceFixture
    {
        protected override string Config => ResizeTests.Fixture.Reserving;
    }
}
