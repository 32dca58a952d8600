using Insula.Api.Nodes;
using Insula.Pods.Eviction;
using Insulad.Nodes;

namespace Insulad.Tests.Nodes;

public sealed class NodeConditionTests
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan s_calm = TimeSpan.FromMinutes(5);

    [Fact]
    public void A_machine_with_room_is_ready_and_under_no_pressure()
    {
        var conditions = new NodeConditions(s_calm).Next([], [], s_start);
        Assert.Equal(
            ["MemoryPressure False KubeletHasSufficientMemory", "DiskPressure False KubeletHasNoDiskPressure", "PIDPressure False KubeletHasSufficientPID", "Ready True KubeletReady"],
            conditions.Select(c => $"{c.Type} {c.Status} {c.Reason}"));
        Assert.All(conditions, c => Assert.Equal((s_start, s_start), (c.LastHeartbeatTime!.Value, c.LastTransitionTime!.Value)));
    }

    [Theory]
    [InlineData("MemoryPressure", EvictionSignal.MemoryAvailable, "memory.available is 99Mi, less than 100Mi")]
    [InlineData("DiskPressure", EvictionSignal.NodeFsAvailable, "nodefs.available is 99Mi, less than 100Mi")]
    [InlineData("DiskPressure", EvictionSignal.ImageFsAvailable, "imagefs.available is 99Mi, less than 100Mi")]
    public void Each_pressure_is_told_alone_and_until_it_was_not_seen_for_five_minutes(string type, EvictionSignal signal, string message)
    {
        var lack = new Lack(new(signal, EvictionAmount.Parse("100Mi")), new(signal, 99 << 20, 1 << 30));
        var gauge = new NodeConditions(s_calm);
        var before = gauge.Next([], [], s_start);
        var under = gauge.Next(before, [lack], s_start.AddMinutes(1));
        Assert.Equal([type], under.Where(c => c.Type != "Ready" && c.Status == "True").Select(c => c.Type));
        Assert.Equal((s_start.AddMinutes(1), message), (under.First(c => c.Type == type).LastTransitionTime, under.First(c => c.Type == type).Message));
        under = gauge.Next(under, [lack], s_start.AddMinutes(2));
        Assert.Equal("True", gauge.Next(under, [], s_start.AddMinutes(6.9)).First(c => c.Type == type).Status);
        var over = gauge.Next(under, [], s_start.AddMinutes(7)).First(c => c.Type == type);
        Assert.Equal(("False", s_start.AddMinutes(7)), (over.Status, over.LastTransitionTime));
    }

    [Fact]
    public void Nothing_is_written_while_nothing_changes_and_each_daemon_writes_once()
    {
        var gauge = new NodeConditions(s_calm);
        var first = gauge.Next([], [], s_start);
        Assert.Same(first, gauge.Next(first, [], s_start.AddHours(1)));
        var next = new NodeConditions(s_calm).Next(first, [], s_start.AddHours(2));
        Assert.All(next, c => Assert.Equal((s_start.AddHours(2), s_start), (c.LastHeartbeatTime!.Value, c.LastTransitionTime!.Value)));
    }

    [Fact]
    public void A_network_of_plug_ins_is_told_of_with_its_reason_and_none_where_there_is_none()
    {
        var gauge = new NodeConditions(s_calm);
        var first = gauge.Next([], [], s_start, "");
        Assert.Equal(("False", "NetworkPluginReady"), Network(first));
        var trouble = gauge.Next(first, [], s_start.AddMinutes(1), "no list");
        Assert.Equal(("True", "NetworkPluginNotReady"), Network(trouble));
        var other = gauge.Next(trouble, [], s_start.AddMinutes(2), "no plug-in");
        Assert.Equal(("no plug-in", s_start.AddMinutes(1)), (other[3].Message, other[3].LastTransitionTime));
        Assert.Same(other, gauge.Next(other, [], s_start.AddMinutes(3), "no plug-in"));
        Assert.DoesNotContain(new NodeConditions(s_calm).Next(other, [], s_start.AddMinutes(4)), c => c.Type == NodeConditionTypes.NetworkUnavailable);

        static (string, string?) Network(IReadOnlyList<NodeCondition> conditions) =>
            conditions.Where(c => c.Type == NodeConditionTypes.NetworkUnavailable).Select(c => (c.Status, c.Reason)).Single();
    }

    [Fact]
    public void What_an_earlier_daemon_has_told_is_not_taken_back_before_its_time()
    {
        NodeCondition[] told = [new() { Type = "DiskPressure", Status = "True", LastTransitionTime = s_start }];
        var gauge = new NodeConditions(s_calm);
        var first = gauge.Next(told, [], s_start.AddHours(1));
        Assert.Equal("True", first.First(c => c.Type == "DiskPressure").Status);
        Assert.Equal("False", gauge.Next(first, [], s_start.AddHours(1).AddMinutes(5)).First(c => c.Type == "DiskPressure").Status);
    }
}
