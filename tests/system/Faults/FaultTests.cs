using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Faults;

/// <summary>What breaks under a pod, or beside it, harms no other pod, is told, and is over when its cause is.</summary>
public sealed class FaultTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task A_shim_that_is_stopped_holds_up_its_own_pod_and_not_its_deletion()
    {
        await _insula.ApplyAsync(Manifests.Pod("stuck", Manifests.Forever, spec: new { terminationGracePeriodSeconds = 1 }));
        await _insula.WaitForReadyAsync("stuck");
        var shim = Processes.ShimOf(_insula, (await _insula.Api.FindPodAsync("stuck"))!);
        (await Commands.RunAsync("kill", ["-STOP", $"{shim}"])).Succeeded();

        await _insula.ApplyAsync(Manifests.Pod("beside", Manifests.Forever));
        await _insula.WaitForReadyAsync("beside");
        Assert.Equal("beside", (await _insula.CliAsync("exec", "beside", "--", "hostname")).Succeeded().Trim());
        await _insula.DeletePodAsync("beside");
        await _insula.DeletePodAsync("stuck");
        Assert.False(Directory.Exists($"/proc/{shim}"), "the stopped shim is gone");
    }

    [Fact]
    public async Task A_shim_that_is_killed_is_a_failure_of_its_pod_which_starts_anew()
    {
        await _insula.ApplyAsync(Manifests.Pod("orphan", Manifests.Forever));
        await _insula.WaitForReadyAsync("orphan");
        var shim = Processes.ShimOf(_insula, (await _insula.Api.FindPodAsync("orphan"))!);
        (await Commands.RunAsync("kill", ["-KILL", $"{shim}"])).Succeeded();
        await _insula.WaitForPodAsync("orphan", p => Pods.Restarts(p, "main") >= 1 && Pods.IsReady(p), "it runs again");
        Assert.Equal("orphan", (await _insula.CliAsync("exec", "orphan", "--", "hostname")).Succeeded().Trim());
        await _insula.DeletePodAsync("orphan");
    }

    [Fact]
    public async Task A_log_directory_removed_by_hand_costs_its_logs_and_no_more()
    {
        await _insula.ApplyAsync(Manifests.Pod("logless", $"echo hello; {Manifests.Forever}"));
        var pod = await _insula.WaitForReadyAsync("logless");
        Directory.Delete(Path.Combine(_insula.Root, "pods", Pods.Uid(pod), "logs"), recursive: true);
        var logs = await _insula.CliAsync("logs", "logless");
        Assert.DoesNotContain("hello", logs.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Internal", logs.Error, StringComparison.OrdinalIgnoreCase);
        await Processes.KillAsync(_insula, pod, "main");
        await _insula.WaitForPodAsync("logless", p => Pods.Restarts(p, "main") == 1 && Pods.IsReady(p), "it runs again");
        await _insula.OutputIsAsync("hello\n", "logs", "logless");
        await _insula.DeletePodAsync("logless");
    }

    [Fact]
    public async Task A_storm_of_commands_loses_none_and_leaves_none()
    {
        await _insula.ApplyAsync(Manifests.Pod("storm", Manifests.Forever));
        var pod = await _insula.WaitForReadyAsync("storm");
        var calm = Processes.Of(_insula, pod, "main").Count;
        await Parallel.ForEachAsync(Enumerable.Range(0, 60), new ParallelOptions { MaxDegreeOfParallelism = 20 }, async (number, _) =>
        {
            var result = await _insula.CliAsync("exec", "storm", "--", "sh", "-c", $"echo {number}; exit {number}");
            Assert.Equal((number, $"{number}\n"), (result.ExitCode, result.Output));
        });
        await Eventually.TrueAsync(() => Processes.Of(_insula, pod, "main").Count == calm, "no command is left");
        await _insula.DeletePodAsync("storm");
    }

    [Fact]
    public async Task A_watcher_that_does_not_read_costs_bounded_memory_and_holds_up_nobody()
    {
        using var stalled = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveBufferSize = 4096 };
        await stalled.ConnectAsync(new UnixDomainSocketEndPoint(_insula.Socket));
        await stalled.SendAsync(Encoding.ASCII.GetBytes("GET /api/v1/namespaces/default/pods?watch=1 HTTP/1.1\r\nHost: insula\r\n\r\n"));
        await _insula.ApplyAsync(Manifests.Pod("watched", Manifests.Forever));
        await _insula.WaitForReadyAsync("watched");
        var before = Memory();
        var filler = new string('x', 64 << 10);
        for (var i = 0; i < 400; i++)
        {
            var patch = new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { ["number"] = $"{i}", ["filler"] = filler } } };
            var (code, body) = await _insula.Api.SendAsync(HttpMethod.Patch, "/api/v1/namespaces/default/pods/watched", patch, "application/merge-patch+json");
            Assert.True(code == System.Net.HttpStatusCode.OK, $"{body}");
        }

        // 26 MB of events; of its history the store keeps 8.
        Assert.InRange(Memory() - before, long.MinValue, 64 << 20);
        await _insula.DeletePodAsync("watched");

        long Memory() => long.Parse(Processes.Status(_insula.DaemonPid, "RssAnon").Split(' ')[0], CultureInfo.InvariantCulture) * 1024;
    }
}
