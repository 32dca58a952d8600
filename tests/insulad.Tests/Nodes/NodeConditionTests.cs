using Insula.Api.Nodes;
using Insulad.Nodes;

namespace Insulad.Tests.Nodes;

public sealed class NodeConditionTests
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly MachineReading s_fine = new(1 << 30, 500, 1000, 100, 10_000);

    [Fact]
    public void A_machine_with_room_is_ready_and_under_no_pressure()
    {
        var conditions = new NodeConditions().Next([], s_fine, s_start);
        Assert.Equal(
            ["MemoryPressure False KubeletHasSufficientMemory", "DiskPressure False KubeletHasNoDiskPressure", "PIDPressure False KubeletHasSufficientPID", "Ready True KubeletReady"],
            conditions.Select(c => $"{c.Type} {c.Status} {c.Reason}"));
        Assert.All(conditions, c => Assert.Equal((s_start, s_start), (c.LastHeartbeatTime!.Value, c.LastTransitionTime!.Value)));
    }

    [Theory]
    [InlineData("MemoryPressure", (100 << 20) - 1, 500, 100)]
    [InlineData("DiskPressure", 1 << 30, 99, 100)]
    [InlineData("PIDPressure", 1 << 30, 500, 9_001)]
    public void Each_pressure_is_told_alone_and_until_it_was_not_seen_for_five_minutes(string type, long memory, long disk, long tasks)
    {
        var gauge = new NodeConditions();
        var before = gauge.Next([], s_fine, s_start);
        var under = gauge.Next(before, new(memory, disk, 1000, tasks, 10_000), s_start.AddMinutes(1));
        Assert.Equal([type], under.Where(c => c.Type != "Ready" && c.Status == "True").Select(c => c.Type));
        Assert.Equal(s_start.AddMinutes(1), under.First(c => c.Type == type).LastTransitionTime);
        under = gauge.Next(under, new(memory, disk, 1000, tasks, 10_000), s_start.AddMinutes(2));
        Assert.Equal("True", gauge.Next(under, s_fine, s_start.AddMinutes(6.9)).First(c => c.Type == type).Status);
        var over = gauge.Next(under, s_fine, s_start.AddMinutes(7)).First(c => c.Type == type);
        Assert.Equal(("False", s_start.AddMinutes(7)), (over.Status, over.LastTransitionTime));
    }

    [Fact]
    public void Nothing_is_written_while_nothing_changes_and_each_daemon_writes_once()
    {
        var gauge = new NodeConditions();
        var first = gauge.Next([], s_fine, s_start);
        Assert.Same(first, gauge.Next(first, s_fine with { Tasks = 101 }, s_start.AddHours(1)));
        var next = new NodeConditions().Next(first, s_fine, s_start.AddHours(2));
        Assert.All(next, c => Assert.Equal((s_start.AddHours(2), s_start), (c.LastHeartbeatTime!.Value, c.LastTransitionTime!.Value)));
    }

    [Fact]
    public void What_an_earlier_daemon_has_told_is_not_taken_back_before_its_time()
    {
        NodeCondition[] told = [new() { Type = "DiskPressure", Status = "True", LastTransitionTime = s_start }];
        var gauge = new NodeConditions();
        var first = gauge.Next(told, s_fine, s_start.AddHours(1));
        Assert.Equal("True", first.First(c => c.Type == "DiskPressure").Status);
        Assert.Equal("False", gauge.Next(first, s_fine, s_start.AddHours(1).AddMinutes(5)).First(c => c.Type == "DiskPressure").Status);
    }

    [Fact]
    public void The_machine_can_be_read()
    {
        var reading = MachineReading.Read(Path.GetTempPath());
        Assert.True(reading is { MemoryAvailable: > 0, DiskFree: >= 0, DiskSize: > 0, Tasks: > 0, MostTasks: > 0 } && reading.Tasks < reading.MostTasks, reading.ToString());
    }
}
