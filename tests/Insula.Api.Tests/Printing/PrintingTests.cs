using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Printing;

namespace Insula.Api.Tests.Printing;

public sealed class PrintingTests
{
    private static readonly DateTimeOffset _now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(119, "119s")]
    [InlineData(120, "2m")]
    [InlineData(200, "3m20s")]
    [InlineData(600, "10m")]
    [InlineData(3 * 3600 - 1, "179m")]
    [InlineData(3 * 3600, "3h")]
    [InlineData(3 * 3600 + 300, "3h5m")]
    [InlineData(8 * 3600, "8h")]
    [InlineData(48 * 3600, "2d")]
    [InlineData(50 * 3600, "2d2h")]
    [InlineData(8 * 86400, "8d")]
    [InlineData(800 * 86400, "2y70d")]
    [InlineData(3000 * 86400, "8y")]
    [InlineData(-5, "<invalid>")]
    public void Ages_are_those_of_kubectl(int seconds, string expected) => Assert.Equal(expected, HumanDuration.Format(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Running_and_ready()
    {
        var summary = PodSummary.Of(Pod("Running", Running(true), Running(false)));
        Assert.Equal(("Running", 1, 2), (summary.Status, summary.Ready, summary.Total));
    }

    [Fact]
    public void Waiting_reason_wins_and_restarts_tell_when()
    {
        var crashed = new ContainerStatus
        {
            RestartCount = 3,
            State = new() { Waiting = new() { Reason = "CrashLoopBackOff" } },
            LastState = new() { Terminated = new() { ExitCode = 1, FinishedAt = _now.AddMinutes(-5) } },
        };
        var summary = PodSummary.Of(Pod("Running", crashed, Running(true)));
        Assert.Equal("CrashLoopBackOff", summary.Status);
        Assert.Equal("3 (5m ago)", summary.RestartsText(_now));
    }

    [Theory]
    [InlineData("Completed", 0, 0, "Completed")]
    [InlineData("OOMKilled", 137, 9, "OOMKilled")]
    [InlineData(null, 143, 15, "Signal:15")]
    [InlineData(null, 3, 0, "ExitCode:3")]
    public void Ended_containers_show_how(string? reason, int code, int signal, string expected) =>
        Assert.Equal(expected, PodSummary.Of(Pod("Succeeded", new ContainerStatus { State = new() { Terminated = new() { Reason = reason, ExitCode = code, Signal = signal } } })).Status);

    [Fact]
    public void One_that_was_evicted_is_shown_as_such_whatever_its_containers_ended_with()
    {
        var pod = Pod("Failed", new ContainerStatus { State = new() { Terminated = new() { Reason = "Error", ExitCode = 137 } } });
        Assert.Equal("Error", PodSummary.Of(pod).Status);
        Assert.Equal("Evicted", PodSummary.Of(pod with { Status = pod.Status with { Reason = "Evicted" } }).Status);
    }

    [Fact]
    public void A_completed_container_beside_a_running_one_is_not_ready_or_running()
    {
        var done = new ContainerStatus { State = new() { Terminated = new() { Reason = "Completed" } } };
        var pod = Pod("Running", done, Running(true));
        Assert.Equal("NotReady", PodSummary.Of(pod).Status);
        Assert.Equal("Running", PodSummary.Of(pod with { Status = pod.Status with { Conditions = [new() { Type = "Ready", Status = "True" }] } }).Status);
    }

    [Fact]
    public void Init_containers_show_how_far_they_are_and_why_they_wait()
    {
        var done = new ContainerStatus { Name = "a", State = new() { Terminated = new() { ExitCode = 0, Reason = "Completed" } } };
        var b = new ContainerStatus { Name = "b", RestartCount = 2 };
        Assert.Equal("Init:0/2", Status(b with { Name = "a", State = new() { Running = new() } }, b));
        Assert.Equal("Init:1/2", Status(done, b with { State = new() { Waiting = new() { Reason = "PodInitializing" } } }));
        Assert.Equal("Init:CrashLoopBackOff", Status(done, b with { State = new() { Waiting = new() { Reason = "CrashLoopBackOff" } } }));
        Assert.Equal("Init:Error", Status(done, b with { State = new() { Terminated = new() { ExitCode = 1, Reason = "Error" } } }));
        Assert.Equal("Init:ExitCode:3", Status(done, b with { State = new() { Terminated = new() { ExitCode = 3 } } }));
        Assert.Equal("Running", Status(done, done with { Name = "b" }));

        string Status(params ContainerStatus[] inits) => PodSummary.Of(WithInits(inits)).Status;
    }

    [Fact]
    public void Sidecars_count_as_containers_and_init_containers_do_not()
    {
        var side = new ContainerStatus { Name = "side", Started = true, Ready = true, RestartCount = 1, State = new() { Running = new() } };
        var done = new ContainerStatus { Name = "a", RestartCount = 5, State = new() { Terminated = new() { ExitCode = 0 } } };
        var summary = PodSummary.Of(WithInits(done, side));
        Assert.Equal(("Running", 2, 2, 1), (summary.Status, summary.Ready, summary.Total, summary.Restarts));
        summary = PodSummary.Of(WithInits(done, side with { Ready = false }));
        Assert.Equal((1, 2), (summary.Ready, summary.Total));
        summary = PodSummary.Of(WithInits(side with { Started = false, Ready = false }, done));
        Assert.Equal(("Init:0/2", 0), (summary.Status, summary.Ready));
    }

    private static Pod WithInits(params ContainerStatus[] inits)
    {
        var pod = Pod("Running", Running(true));
        return pod with
        {
            Spec = pod.Spec with { InitContainers = [.. inits.Select(i => new Container { Name = i.Name, RestartPolicy = i.Name == "side" ? "Always" : null })] },
            Status = pod.Status with { InitContainerStatuses = inits },
        };
    }

    [Fact]
    public void Deletion_and_the_pods_own_reason_show()
    {
        var pod = Pod("Running", Running(true));
        Assert.Equal("Terminating", PodSummary.Of(pod with { Metadata = new() { DeletionTimestamp = _now } }).Status);
        Assert.Equal("SandboxDied", PodSummary.Of(new Pod { Status = new() { Phase = "Failed", Reason = "SandboxDied" } }).Status);
        Assert.Equal("Pending", PodSummary.Of(new Pod()).Status);
    }

    [Fact]
    public void Tables_have_the_columns_of_kubectl()
    {
        var pod = Pod("Running", Running(true)) with { Metadata = new() { Name = "web", CreationTimestamp = _now.AddHours(-9) } };
        var table = TablePrinter.Print(KindTable.FindByWord("po")!, [ApiJson.ToJson(pod)], _now);
        Assert.Equal(["Name", "Ready", "Status", "Restarts", "Age", "IP", "Node", "Nominated Node", "Readiness Gates"], table.ColumnDefinitions.Select(c => c.Name));
        Assert.Equal(["web", "1/1", "Running", "0", "9h", "<none>", "<none>", "<none>", "<none>"], table.Rows[0].Cells.Select(c => c!.GetValue<string>()));
        Assert.Equal("web", table.Rows[0].Object!["metadata"]!["name"]!.GetValue<string>());
        Assert.Equal(2, TablePrinter.Print(KindTable.FindByWord("sa")!, [ApiJson.ToJson(pod)], _now).ColumnDefinitions.Count);
        Assert.Contains("\"columnDefinitions\"", ApiJson.ToText(table), StringComparison.Ordinal);
    }

    [Fact]
    public void Events_show_when_what_and_about_whom()
    {
        var happened = new Event
        {
            Type = "Normal",
            Reason = "Started",
            Message = "Started container a\n",
            LastTimestamp = _now.AddSeconds(-30),
            FirstTimestamp = _now.AddMinutes(-4),
            Count = 2,
            InvolvedObject = new() { Kind = "Pod", Name = "web", FieldPath = "spec.containers{a}" },
            Source = new() { Component = "insulad", Host = "here" },
            Metadata = new() { Name = "web.1" },
        };
        var row = TablePrinter.Print(KindTable.FindByWord("ev")!, [ApiJson.ToJson(happened)], _now).Rows[0];
        Assert.Equal(["30s", "Normal", "Started", "pod/web", "spec.containers{a}", "insulad, here", "Started container a", "4m", "2", "web.1"], row.Cells.Select(c => c!.ToString()));
    }

    private static ContainerStatus Running(bool ready) => new() { Ready = ready, State = new() { Running = new() { StartedAt = _now } } };

    private static Pod Pod(string phase, params ContainerStatus[] containers) => new()
    {
        Spec = new() { Containers = [.. containers.Select((_, i) => new Container { Name = $"c{i}" })] },
        Status = new() { Phase = phase, ContainerStatuses = containers },
    };
}
