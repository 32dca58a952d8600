using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Probes;

/// <summary>Liveness, readiness and startup, by every kind of probe.</summary>
public sealed class ProbeTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private const string Serve = "mkdir -p /www; echo ok > /www/index.html; exec httpd -f -p 8080 -h /www";
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Readiness_by_http_follows_the_answers()
    {
        await _insula.ApplyAsync(Manifests.Pod("http", Serve, container: new
        {
            ports = new[] { new { name = "web", containerPort = 8080 } },
            readinessProbe = new { httpGet = new { path = "/index.html", port = "web" }, periodSeconds = 1, failureThreshold = 1 },
        }));
        await _insula.WaitForReadyAsync("http");
        (await _insula.CliAsync("exec", "http", "--", "rm", "/www/index.html")).Succeeded();
        var pod = await _insula.WaitForPodAsync("http", p => Pods.Condition(p, "Ready") == "False", "not Ready when the answer is 404");
        Assert.Equal(0, Pods.Restarts(pod, "main"));
        Assert.Contains("404", (await _insula.CliAsync("events", "--for", "pod/http")).Succeeded(), StringComparison.Ordinal);
        (await _insula.CliAsync("exec", "http", "--", "sh", "-c", "echo ok > /www/index.html")).Succeeded();
        await _insula.WaitForReadyAsync("http");
        await _insula.DeletePodAsync("http");
    }

    [Fact]
    public async Task A_period_of_milliseconds_is_kept()
    {
        await _insula.ApplyAsync(Manifests.Pod("often", "sleep 1000", container: new
        {
            readinessProbe = new { exec = new { command = new[] { "sh", "-c", "cut -d ' ' -f 1 /proc/uptime >> /tmp/probings" } }, periodMilliseconds = 100, timeoutMilliseconds = 5000 },
        }));
        var pod = await _insula.WaitForReadyAsync("often");
        Assert.Equal(1, (int)pod["spec"]!["containers"]![0]!["readinessProbe"]!["periodSeconds"]!);

        // However busy the machine is, some of them follow one another closer than whole seconds could.
        (await _insula.CliAsync("exec", "often", "--", "timeout", "60", "sh", "-c", "until [ $(wc -l < /tmp/probings) -ge 20 ]; do sleep 0.1; done")).Succeeded();
        var moments = (await _insula.CliAsync("exec", "often", "--", "cat", "/tmp/probings")).Succeeded()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => double.Parse(line, System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.True(moments.Zip(moments.Skip(1), (first, second) => second - first).Min() < 0.5, "no two followed closer than half a second");

        // One may be late and the next in time; on the whole there are no more than were asked for.
        Assert.True((moments[^1] - moments[0]) / (moments.Count - 1) > 0.08, string.Join(' ', moments));
        await _insula.DeletePodAsync("often");
    }

    [Fact]
    public async Task Liveness_by_http_restarts_what_fails()
    {
        await _insula.ApplyAsync(Manifests.Pod("alive", Serve, container: new
        {
            livenessProbe = new { httpGet = new { path = "/index.html", port = 8080 }, periodSeconds = 1, failureThreshold = 2, initialDelaySeconds = 1 },
        }));
        await _insula.WaitForReadyAsync("alive");
        (await _insula.CliAsync("exec", "alive", "--", "rm", "/www/index.html")).Succeeded();
        await _insula.WaitForPodAsync("alive", p => Pods.Restarts(p, "main") == 1 && Pods.IsReady(p), "restarted by its liveness probe");
        var events = (await _insula.CliAsync("events", "--for", "pod/alive")).Succeeded();
        Assert.Contains("Liveness probe failed", events, StringComparison.Ordinal);
        Assert.Contains("will be restarted", events, StringComparison.Ordinal);
        await _insula.DeletePodAsync("alive");
    }

    [Fact]
    public async Task Tcp_probes_connect_inside_the_pod()
    {
        await _insula.ApplyAsync(Manifests.Pod("tcp", "sleep 1; " + Serve, container: new
        {
            readinessProbe = new { tcpSocket = new { port = 8080 }, periodSeconds = 1 },
        }));
        await _insula.WaitForPodAsync("tcp", p => Pods.IsRunning(p, "main") && !Pods.IsReady(p), "running and not Ready before it listens");
        await _insula.WaitForReadyAsync("tcp");
        await _insula.DeletePodAsync("tcp");
    }

    [Fact]
    public async Task Exec_probes_follow_the_exit_code()
    {
        await _insula.ApplyAsync(Manifests.Pod("exec", Manifests.Forever, container: new
        {
            readinessProbe = new { exec = new { command = new[] { "test", "-e", "/tmp/ready" } }, periodSeconds = 1, failureThreshold = 1 },
        }));
        await _insula.WaitForPodAsync("exec", p => Pods.IsRunning(p, "main") && Pods.Condition(p, "Ready") == "False", "not Ready without the file");
        (await _insula.CliAsync("exec", "exec", "--", "touch", "/tmp/ready")).Succeeded();
        await _insula.WaitForReadyAsync("exec");
        await _insula.DeletePodAsync("exec");
    }

    [Fact]
    public async Task An_exec_probe_that_hangs_is_ended_with_all_it_started()
    {
        await _insula.ApplyAsync(Manifests.Pod("hangs", Manifests.Forever, container: new
        {
            readinessProbe = new
            {
                exec = new { command = new[] { "sh", "-c", "sleep 4000 & sleep 4001 & wait" } },
                periodSeconds = 1,
                timeoutSeconds = 1,
                failureThreshold = 1,
            },
        }));
        var pod = await _insula.WaitForPodAsync("hangs", p => Pods.IsRunning(p, "main"), "running");
        await Eventually.TrueAsync(
            async () => (await _insula.CliAsync("events", "--for", "pod/hangs")).Succeeded().Contains("timed out", StringComparison.Ordinal),
            "the time-out is told");
        // At most the tree of the probe that is running now: those before are gone, and none is a zombie.
        await Eventually.TrueAsync(
            () => Processes.Of(_insula, pod, "main").Count(pid => Command(pid).StartsWith("sleep 400", StringComparison.Ordinal)) <= 2,
            "timed-out probes leave no process");
        Assert.DoesNotContain(Processes.Of(_insula, pod, "main"), pid => Command(pid).Length == 0 && Zombie(pid));
        await _insula.DeletePodAsync("hangs");
    }

    [Fact]
    public async Task A_startup_probe_holds_the_others_back()
    {
        await _insula.ApplyAsync(Manifests.Pod("slow", "sleep 3; touch /tmp/up; " + Manifests.Forever, container: new
        {
            startupProbe = new { exec = new { command = new[] { "test", "-e", "/tmp/up" } }, periodSeconds = 1, failureThreshold = 30 },
            livenessProbe = new { exec = new { command = new[] { "test", "-e", "/tmp/up" } }, periodSeconds = 1, failureThreshold = 1 },
        }));
        var pod = await _insula.WaitForPodAsync("slow", p => Pods.IsRunning(p, "main"), "running");
        Assert.False((bool?)Pods.Container(pod, "main")!["started"] ?? false);
        pod = await _insula.WaitForReadyAsync("slow");
        Assert.True((bool?)Pods.Container(pod, "main")!["started"]);
        Assert.Equal(0, Pods.Restarts(pod, "main"));
        await _insula.DeletePodAsync("slow");
    }

    [Fact]
    public async Task A_startup_probe_that_never_succeeds_restarts()
    {
        await _insula.ApplyAsync(Manifests.Pod("never", Manifests.Forever, container: new
        {
            startupProbe = new { exec = new { command = new[] { "false" } }, periodSeconds = 1, failureThreshold = 2 },
        }));
        await _insula.WaitForPodAsync("never", p => Pods.Restarts(p, "main") >= 1, "restarted");
        await _insula.DeletePodAsync("never");
    }

    private static string Command(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' ').Trim();
        }
        catch (IOException)
        {
            return "(gone)";
        }
    }

    private static bool Zombie(int pid)
    {
        try
        {
            return Processes.Status(pid, "State").StartsWith('Z');
        }
        catch (IOException)
        {
            return false;
        }
    }
}
