using System.Diagnostics;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Lifecycle;

/// <summary>postStart, preStop and stopSignal, seen by what they leave on the machine.</summary>
public sealed class HookTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>, IDisposable
{
    private const string Say = "trap 'echo TERM >> /work/log; exit 0' TERM; trap 'echo QUIT >> /work/log; exit 0' QUIT; while true; do sleep 3600 & wait $!; done";
    private readonly Instance _insula = fixture.Instance;
    private readonly string _directory = Directory.CreateTempSubdirectory("insula-hooks-").FullName;

    private string Log => File.Exists(Path.Combine(_directory, "log")) ? File.ReadAllText(Path.Combine(_directory, "log")) : "";

    [Fact]
    public async Task PostStart_runs_before_the_container_is_shown_running_and_preStop_before_its_signal()
    {
        await ApplyAsync("both", new
        {
            postStart = Exec("echo start >> /work/log; while [ ! -e /work/go ]; do sleep 0.05; done"),
            preStop = Exec("echo stop >> /work/log"),
        });
        await Eventually.TrueAsync(() => Log == "start\n", "postStart has begun");
        var pod = (await _insula.Api.FindPodAsync("both"))!;
        Assert.NotEmpty(Processes.Of(_insula, pod, "main"));
        Assert.False(Pods.IsRunning(pod, "main"));
        Assert.Equal("Pending", Pods.Phase(pod));
        await File.WriteAllTextAsync(Path.Combine(_directory, "go"), "");
        await _insula.WaitForReadyAsync("both");
        (await _insula.CliAsync("delete", "pod", "both")).Succeeded();
        Assert.Equal("start\nstop\nTERM\n", Log);
    }

    [Fact]
    public async Task A_failed_postStart_restarts_the_container_and_says_so()
    {
        await ApplyAsync("fails", new { postStart = Exec("[ -e /work/fine ] || exit 7") });
        await _insula.WaitForPodAsync("fails", p => Pods.Restarts(p, "main") >= 1 || (string?)Pods.Container(p, "main")?["lastState"]?["terminated"]?["reason"] == "Completed", "restarted");
        var events = (await _insula.CliAsync("events", "--for", "pod/fails")).Succeeded();
        Assert.Contains("FailedPostStartHook", events, StringComparison.Ordinal);
        Assert.Contains("exit code 7", events, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(_directory, "fine"), "");
        await _insula.WaitForReadyAsync("fails");
        await _insula.DeletePodAsync("fails");
    }

    [Fact]
    public async Task A_preStop_that_takes_too_long_is_ended_within_the_grace_and_leaves_nothing()
    {
        await ApplyAsync("slow", new { preStop = Exec("echo stop >> /work/log; sleep 4243") }, grace: 2);
        await _insula.WaitForReadyAsync("slow");
        var clock = Stopwatch.StartNew();
        (await _insula.CliAsync("delete", "pod", "slow")).Succeeded();
        Assert.InRange(clock.Elapsed.TotalSeconds, 2, 20);
        Assert.Equal("stop\nTERM\n", Log);
        var events = (await _insula.CliAsync("events")).Succeeded();
        Assert.Contains("FailedPreStopHook", events, StringComparison.Ordinal);
        Assert.DoesNotContain("sleep 4243", (await Commands.RunAsync("ps", ["-eo", "args"])).Succeeded(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_liveness_restart_runs_preStop_with_the_probes_own_grace()
    {
        await ApplyAsync("live", new { preStop = Exec("echo stop >> /work/log; sleep 4244") }, grace: 3600, more: new
        {
            livenessProbe = new { exec = new { command = new[] { "test", "!", "-e", "/work/sick" } }, periodSeconds = 1, failureThreshold = 1, terminationGracePeriodSeconds = 1 },
        });
        await _insula.WaitForReadyAsync("live");
        await File.WriteAllTextAsync(Path.Combine(_directory, "sick"), "");
        await _insula.WaitForPodAsync("live", p => Pods.Restarts(p, "main") >= 1, "restarted");
        Assert.StartsWith("stop\n", Log, StringComparison.Ordinal);
        await _insula.DeletePodAsync("live");
    }

    [Fact]
    public async Task Http_hooks_are_requests_in_the_pods_network_and_sleep_takes_its_time()
    {
        await _insula.ApplyAsync(Manifests.Pod("web", "mkdir /www; cd /www; exec httpd -f -v -p 8080 -h /www", container: new
        {
            ports = new[] { new { name = "web", containerPort = 8080 } },
            startupProbe = new { tcpSocket = new { port = "web" }, periodSeconds = 1, failureThreshold = 30 },
            lifecycle = new { postStart = new { sleep = new { seconds = 1 } }, preStop = new { httpGet = new { port = "web", path = "/gone" } } },
        }));
        var pod = await _insula.WaitForReadyAsync("web");
        var started = (DateTimeOffset)Pods.Container(pod, "main")!["state"]!["running"]!["startedAt"]!;
        Assert.True((DateTimeOffset.UtcNow - started).TotalSeconds >= 1);
        var logs = _insula.CliAsync("logs", "-f", "web");
        (await _insula.CliAsync("delete", "pod", "web")).Succeeded();
        var said = await logs;

        // Nobody else asks: it is the hook that got an answer, and whatever it says, that is enough.
        Assert.Contains("response:404", said.Output + said.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("FailedPreStopHook", (await _insula.CliAsync("events", "--for", "pod/web")).Succeeded(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_stop_signal_is_the_manifests()
    {
        await ApplyAsync("signal", new { stopSignal = "SIGQUIT" }, spec: new { os = new { name = "linux" } });
        await _insula.WaitForReadyAsync("signal");
        (await _insula.CliAsync("delete", "pod", "signal")).Succeeded();
        Assert.Equal("QUIT\n", Log);
    }

    [Fact]
    public async Task The_daemons_death_repeats_a_hook_that_ran_and_no_hook_that_had_ended()
    {
        await ApplyAsync("dies", new
        {
            postStart = Exec("echo start >> /work/log; while [ ! -e /work/go ]; do sleep 0.05; done"),
            preStop = Exec("echo stop >> /work/log; while [ ! -e /work/end ]; do sleep 0.05; done"),
        }, grace: 60);
        await Eventually.TrueAsync(() => Log == "start\n", "postStart has begun");
        var process = Processes.MainOf(_insula, (await _insula.Api.FindPodAsync("dies"))!, "main");
        await RestartAsync();
        await Eventually.TrueAsync(() => Log == "start\nstart\n", "postStart has begun again");
        await File.WriteAllTextAsync(Path.Combine(_directory, "go"), "");
        var pod = await _insula.WaitForReadyAsync("dies");
        await RestartAsync();
        pod = await _insula.WaitForReadyAsync("dies");
        Assert.Equal((process, 0), (Processes.MainOf(_insula, pod, "main"), Pods.Restarts(pod, "main")));
        (await _insula.CliAsync("delete", "pod", "dies", "--wait=false")).Succeeded();
        await Eventually.TrueAsync(() => Log == "start\nstart\nstop\n", "preStop has begun");
        await RestartAsync();
        await Eventually.TrueAsync(() => Log == "start\nstart\nstop\nstop\n", "preStop has begun again");
        await File.WriteAllTextAsync(Path.Combine(_directory, "end"), "");
        await Eventually.TrueAsync(async () => await _insula.Api.FindPodAsync("dies") is null, "gone");
        Assert.Equal("start\nstart\nstop\nstop\nTERM\n", Log);
    }

    [Fact]
    public async Task The_grace_goes_on_over_the_daemons_death()
    {
        var grace = TimeSpan.FromSeconds(30);
        await ApplyAsync("grace", new { }, grace: (int)grace.TotalSeconds, script: "trap 'echo TERM >> /work/log' TERM; while true; do sleep 3600 & wait $!; done");
        var pod = await _insula.WaitForReadyAsync("grace");
        var process = Processes.MainOf(_insula, pod, "main");
        var clock = Stopwatch.StartNew();
        (await _insula.CliAsync("delete", "pod", "grace", "--wait=false")).Succeeded();
        await Eventually.TrueAsync(() => Log == "TERM\n", "signalled");
        await _insula.KillDaemonAsync();
        await Task.Delay(grace - clock.Elapsed);
        Assert.True(Directory.Exists($"/proc/{process}"));
        await _insula.StartDaemonAsync();
        await Eventually.TrueAsync(() => !Directory.Exists($"/proc/{process}"), "killed at once: its grace was over", TimeSpan.FromSeconds(20));
        await Eventually.TrueAsync(async () => await _insula.Api.FindPodAsync("grace") is null, "gone");
        Assert.Equal("TERM\n", Log);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private async Task RestartAsync()
    {
        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
    }

    private Task<string> ApplyAsync(string name, object lifecycle, int grace = 5, string script = Say, object? more = null, object? spec = null)
    {
        File.SetUnixFileMode(_directory, (UnixFileMode)0b111_111_111);
        var container = System.Text.Json.JsonSerializer.SerializeToNode(more ?? new { })!.AsObject();
        container["lifecycle"] = System.Text.Json.JsonSerializer.SerializeToNode(lifecycle);
        container["volumeMounts"] = System.Text.Json.JsonSerializer.SerializeToNode(new[] { new { name = "work", mountPath = "/work" } });
        var body = System.Text.Json.JsonSerializer.SerializeToNode(spec ?? new { })!.AsObject();
        body["terminationGracePeriodSeconds"] = grace;
        body["volumes"] = System.Text.Json.JsonSerializer.SerializeToNode(new[] { new { name = "work", hostPath = new { path = _directory } } });
        return _insula.ApplyAsync(Manifests.Pod(name, script, container, body));
    }

    private static object Exec(string script) => new { exec = new { command = new[] { "sh", "-c", script } } };
}
