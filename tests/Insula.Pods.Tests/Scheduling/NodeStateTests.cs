using Insula.Api.Core;
using Insula.Api.Meta;
using Insula.Api.Nodes;
using Insula.Api.Pods;
using Insula.Api.Values;
using Insula.Pods.Scheduling;

namespace Insula.Pods.Tests.Scheduling;

public sealed class NodeStateTests
{
    [Fact]
    public void It_is_what_the_machines_object_says()
    {
        Assert.Equal(default, NodeState.Of(new Node()));
        var node = new Node
        {
            Spec = new() { Unschedulable = true },
            Status = new() { Conditions = [new() { Type = "DiskPressure", Status = "True" }, new() { Type = "MemoryPressure", Status = "False" }, new() { Type = "PIDPressure", Status = "True" }] },
        };
        Assert.Equal(new NodeState(IsClosed: true, DiskPressure: true, PidPressure: true), NodeState.Of(node));
    }

    /// <summary>As a cluster has it: who asked for memory has it, DaemonSets' pods come for that, and when disk or process ids are short only those without which there is no machine do.</summary>
    [Theory]
    [InlineData("best effort", "MemoryPressure DiskPressure PIDPressure")]
    [InlineData("burstable", "DiskPressure PIDPressure")]
    [InlineData("tolerant", "DiskPressure PIDPressure")]
    [InlineData("all-tolerant", "DiskPressure PIDPressure")]
    [InlineData("daemon set", "DiskPressure PIDPressure")]
    [InlineData("critical", "")]
    [InlineData("static", "")]
    public void Under_pressure_some_wait(string pod, string waitsUnder)
    {
        var claim = PodClaim.Of(Pod(pod));
        (string Name, NodeState State)[] states = [("MemoryPressure", new(MemoryPressure: true)), ("DiskPressure", new(DiskPressure: true)), ("PIDPressure", new(PidPressure: true))];
        Assert.Equal(waitsUnder, string.Join(' ', states.Where(s => s.State.Excludes(claim) is not null).Select(s => s.Name)));
        Assert.Null(default(NodeState).Excludes(claim));
    }

    [Fact]
    public void Who_waits_is_told_for_what_and_is_displaced_for_nobody()
    {
        var waits = PodClaim.Of(Pod("best effort")) with { Priority = 5 };
        var placed = PodClaim.Of(Pod("burstable")) with { Uid = "other", Stage = ClaimStage.Placed };
        var decided = Placement.Decide(new(1000, 1 << 30, 1), new NodeState(MemoryPressure: true), [waits, placed]);
        Assert.Equal(
            "0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/memory-pressure: }: the node has the condition MemoryPressure.", decided.Waiting[waits.Uid].Message);
        Assert.Empty(decided.Victims);
    }

    private static Pod Pod(string kind) => new()
    {
        Metadata = new()
        {
            Name = "p",
            Namespace = "default",
            Uid = kind == "static" ? StaticPodUid.New("p.yaml") : "11111111-2222-4333-8444-555555555555",
            OwnerReferences = kind == "daemon set" ? [new OwnerReference { Kind = "DaemonSet", Name = "d", Uid = "u", Controller = true }] : [],
        },
        Spec = new()
        {
            Priority = kind == "critical" ? 2_000_000_000 : 1_000_000_000,
            Tolerations = kind switch
            {
                "tolerant" => [new() { Key = "node.kubernetes.io/memory-pressure", Operator = "Exists" }],
                "all-tolerant" => [new() { Operator = "Exists" }],
                _ => [],
            },
            Containers = [new() { Name = "c", Resources = kind == "burstable" ? new() { Requests = new Dictionary<string, Quantity> { ["memory"] = Quantity.Parse("1Mi") } } : new() }],
        },
    };
}
