using System.Text.Json.Nodes;
using Insula.Pods.Eviction;
using Insula.Pods.Scheduling;
using Insula.Store;
using Insulad.Nodes;
using static System.Net.Http.HttpMethod;

namespace Insulad.Tests.Nodes;

/// <summary>The machine's object through the API.</summary>
public sealed class NodeApiTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Nodes = "/api/v1/nodes";
    private const string Merge = "application/merge-patch+json";

    private static readonly NodeFacts s_facts = new("here", () => new Amounts(2000, 1L << 30, 10), () => new Amounts(1500, 1L << 29, 10), () => ["192.0.2.1"], ["10.83.0.0/16"]);

    [Fact]
    public async Task It_shows_the_machine()
    {
        await MakeAsync();
        var (_, node) = await api.SendAsync(Get, $"{Nodes}/here");
        Assert.Equal(("2", "1500m", "512Mi"), ((string?)node["status"]!["capacity"]!["cpu"], (string?)node["status"]!["allocatable"]!["cpu"], (string?)node["status"]!["allocatable"]!["memory"]));
        Assert.Equal(("here", "linux"), ((string?)node["metadata"]!["labels"]!["kubernetes.io/hostname"], (string?)node["metadata"]!["labels"]!["kubernetes.io/os"]));
        Assert.Equal("10.83.0.0/16", (string?)node["spec"]!["podCIDR"]);
        var (_, table) = await api.SendAsync(Get, Nodes, accept: "application/json;as=Table;v=v1;g=meta.k8s.io");
        var cells = table["rows"]![0]!["cells"]!.AsArray().Select(c => c!.ToString()).ToList();
        Assert.Equal(["here", "Ready", "<none>"], cells.Take(3));
        Assert.Equal("192.0.2.1", cells[5]);
    }

    [Fact]
    public async Task It_is_closed_and_opened_and_keeps_what_is_the_daemons()
    {
        await MakeAsync();
        var (code, node) = await api.SendAsync(Patch, $"{Nodes}/here", """{"spec":{"unschedulable":true},"metadata":{"labels":{"room":"attic"}}}""", Merge);
        Assert.Equal((200, "node.kubernetes.io/unschedulable"), (code, (string?)node["spec"]!["taints"]![0]!["key"]));
        (code, node) = await api.SendAsync(Put, $"{Nodes}/here", """{"apiVersion":"v1","kind":"Node","metadata":{"name":"here"},"spec":{}}""");
        Assert.Equal((200, null, "10.83.0.0/16"), (code, node["spec"]!["taints"]?.ToJsonString(), (string?)node["spec"]!["podCIDR"]));
        Assert.NotEmpty(node["status"]!["conditions"]!.AsArray());
        Assert.Equal("here", (string?)node["metadata"]!["labels"]!["kubernetes.io/hostname"]);
        Assert.Null(node["metadata"]!["labels"]!["room"]);
    }

    [Theory]
    [InlineData("""{"spec":{"taints":[{"key":"mine","effect":"NoSchedule"}]}}""", "spec.taints[0]: Forbidden: there is one machine")]
    [InlineData("""{"spec":{"podCIDR":"10.0.0.0/8"}}""", "spec.podCIDR: Forbidden: the daemon sets it")]
    [InlineData("""{"spec":{"podCIDRs":["10.0.0.0/8"]}}""", "spec.podCIDRs: Forbidden: the daemon sets it")]
    [InlineData("""{"spec":{"providerID":"x"}}""", "spec.providerID")]
    [InlineData("""{"metadata":{"labels":{"kubernetes.io/os":"plan9"}}}""", "metadata.labels[kubernetes.io/os]: Invalid value: \"plan9\": the daemon sets it")]
    public async Task What_is_not_honoured_is_refused_by_path(string patch, string why)
    {
        await MakeAsync();
        var (code, status) = await api.SendAsync(Patch, $"{Nodes}/here", patch, Merge);
        Assert.Equal(422, code);
        Assert.Contains(why, (string?)status["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Taints_of_pressure_come_and_go_with_the_conditions_and_are_nobodys_to_set()
    {
        await MakeAsync(new Lack(EvictionThreshold.Defaults[1], new(EvictionSignal.NodeFsAvailable, 1, 100)));
        await api.SendAsync(Patch, $"{Nodes}/here", """{"spec":{"unschedulable":true}}""", Merge);
        var (_, node) = await api.SendAsync(Get, $"{Nodes}/here");
        Assert.Equal(["node.kubernetes.io/disk-pressure:NoSchedule", "node.kubernetes.io/unschedulable:NoSchedule"], Taints(node));
        foreach (var spec in (string[])["{}", """{"taints":[{"key":"node.kubernetes.io/memory-pressure","effect":"NoSchedule"}]}"""])
        {
            (var code, node) = await api.SendAsync(Put, $"{Nodes}/here", $$"""{"apiVersion":"v1","kind":"Node","metadata":{"name":"here"},"spec":{{spec}}}""");
            Assert.Equal(200, code);
            Assert.Equal(["node.kubernetes.io/disk-pressure:NoSchedule"], Taints(node));
        }

        await MakeAsync();
        (_, node) = await api.SendAsync(Get, $"{Nodes}/here");
        Assert.Empty(Taints(node));

        static string[] Taints(JsonNode of) => [.. (of["spec"]!["taints"]?.AsArray() ?? []).Select(t => $"{t!["key"]}:{t["effect"]}")];
    }

    [Fact]
    public async Task It_cannot_be_made_or_deleted_by_requests()
    {
        await MakeAsync();
        var (code, status) = await api.SendAsync(Post, Nodes, """{"metadata":{"name":"there"}}""");
        Assert.Equal((403, "nodes \"there\" is forbidden: there is one machine, and the daemon makes its object"), (code, (string?)status["message"]));
        foreach (var path in (string[])[$"{Nodes}/here", Nodes])
        {
            (code, status) = await api.SendAsync(Delete, path);
            Assert.Equal((403, "nodes \"here\" is forbidden: it is the machine: `insula cordon` keeps further pods away, `insula drain` ends those that run"), (code, (string?)status["message"]));
        }

        var (_, resources) = await api.SendAsync(Get, "/api/v1");
        Assert.Equal(
            ["get", "list", "patch", "update", "watch"], resources["resources"]!.AsArray().First(r => (string?)r!["name"] == "nodes")!["verbs"]!.AsArray().Select(v => (string?)v));
    }

    [Fact]
    public async Task A_machine_that_is_renamed_stays_closed_and_there_is_one_still()
    {
        await MakeAsync();
        await api.SendAsync(Patch, $"{Nodes}/here", """{"spec":{"unschedulable":true},"metadata":{"annotations":{"note":"x"}}}""", Merge);
        await NodeController.EnsureAsync(api.Store, "elsewhere", default);
        var (_, list) = await api.SendAsync(Get, Nodes);
        var node = Assert.Single(list["items"]!.AsArray())!;
        Assert.Equal(("elsewhere", true, "x"), ((string?)node["metadata"]!["name"], (bool)node["spec"]!["unschedulable"]!, (string?)node["metadata"]!["annotations"]!["note"]));
    }

    private async Task MakeAsync(params IReadOnlyList<Lack> lacks)
    {
        await NodeController.EnsureAsync(api.Store, "here", default);
        await api.Store.UpdateAsync(
            new ObjectKey("nodes", "", "here"),
            d =>
            {
                d["spec"]!.AsObject().Remove("unschedulable");
                return NodeDocument.Bring(d, s_facts, new NodeConditions(TimeSpan.FromMinutes(5)).Next([], lacks, DateTimeOffset.UnixEpoch));
            },
            UpdateOptions.Default, default);
    }
}
