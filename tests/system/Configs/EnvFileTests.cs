using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Configs;

/// <summary>Variables from a file that an init container has written; and the stop signal that a status tells.</summary>
public sealed class EnvFileTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Theory]
    [InlineData("disk", "")]
    [InlineData("memory", "Memory")]
    public async Task A_container_has_what_an_earlier_one_has_written(string name, string medium)
    {
        await _insula.ApplyAsync(Pod(name, medium, "mkdir /work/a; printf \"# remark\\nCOLOUR='blue green'\\nOTHER='x'\\n\" > /work/a/file.env"));
        await _insula.WaitForReadyAsync(name);
        await _insula.OutputAsync(log => log.Contains("COLOUR=blue green\n", StringComparison.Ordinal) && log.Contains("PATH=", StringComparison.Ordinal), "logs", name, "-c", "main");
        Assert.DoesNotContain("OTHER=", (await _insula.CliAsync("logs", name, "-c", "main")).Succeeded(), StringComparison.Ordinal);

        // The kernel's view, and that of a command in the container of a daemon that did not start it.
        var process = Processes.MainOf(_insula, (await _insula.Api.FindPodAsync(name))!, "main");
        Assert.Contains("COLOUR=blue green\0", await File.ReadAllTextAsync($"/proc/{process}/environ"), StringComparison.Ordinal);
        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
        Assert.Equal("blue green\n", (await _insula.CliAsync("exec", name, "--", "sh", "-c", "echo \"$COLOUR\"")).Succeeded());
        await _insula.DeletePodAsync(name);
    }

    [Theory]
    [InlineData("missing", "true", "file \\\"a/file.env\\\" not found in volume")]
    [InlineData("keyless", "mkdir /work/a; echo \"OTHER='x'\" > /work/a/file.env", "couldn't find key COLOUR")]
    [InlineData("malformed", "mkdir /work/a; echo COLOUR=secretive > /work/a/file.env", "line 1: the value is not in single quotes")]
    [InlineData("linked", "mkdir /work/a; ln -s /etc/shadow /work/a/file.env", "a link is on the way to it")]
    [InlineData("device", "mkdir /work/a; mkfifo /work/a/file.env", "is no regular file")]
    [InlineData("large", "mkdir /work/a; dd if=/dev/zero of=/work/a/file.env bs=1M count=2", "has more than 1048576 bytes")]
    public async Task One_that_cannot_be_had_keeps_the_container_waiting_and_says_why(string name, string script, string why)
    {
        await _insula.ApplyAsync(Pod(name, "", script));
        var pod = await _insula.WaitForPodAsync(name, p => (string?)Pods.Container(p, "main")?["state"]?["waiting"]?["reason"] == "CreateContainerConfigError", "refused");
        var message = Pods.Container(pod, "main")!["state"]!["waiting"]!["message"]!.ToJsonString();
        Assert.Contains(why, System.Text.RegularExpressions.Regex.Unescape(message).Replace("\"", "\\\"", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("secretive", message, StringComparison.Ordinal);
        await _insula.DeletePodAsync(name);
    }

    [Fact]
    public async Task What_is_optional_may_be_missing()
    {
        await _insula.ApplyAsync(Pod("optional", "", "true", optional: true));
        await _insula.WaitForReadyAsync("optional");
        Assert.DoesNotContain("COLOUR", await _insula.OutputAsync(log => log.Contains("PATH=", StringComparison.Ordinal), "logs", "optional", "-c", "main"), StringComparison.Ordinal);
        await _insula.DeletePodAsync("optional");
    }

    [Fact]
    public async Task A_status_tells_the_signal_that_asks_to_stop()
    {
        await _insula.ApplyAsync(Manifests.Pod("signal", "trap 'exit 0' QUIT; while true; do sleep 3600 & wait $!; done", container: new { lifecycle = new { stopSignal = "SIGQUIT" } }, spec: new { os = new { name = "linux" } }));
        await _insula.ApplyAsync(Manifests.Pod("usual", Manifests.Forever));
        var pod = await _insula.WaitForReadyAsync("signal");
        Assert.Equal("SIGQUIT", (string?)Pods.Container(pod, "main")!["stopSignal"]);
        Assert.Equal("SIGTERM", (string?)Pods.Container(await _insula.WaitForReadyAsync("usual"), "main")!["stopSignal"]);
        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
        Assert.Equal("SIGQUIT", (string?)Pods.Container((await _insula.Api.FindPodAsync("signal"))!, "main")!["stopSignal"]);
        await _insula.DeletePodAsync("signal");
        await _insula.DeletePodAsync("usual");
    }

    private static string Pod(string name, string medium, string script, bool optional = false) => Manifests.Pod(
        name, "env; " + Manifests.Forever,
        container: new { env = new[] { new { name = "COLOUR", valueFrom = new { fileKeyRef = new { volumeName = "work", path = "a/file.env", key = "COLOUR", optional } } } } },
        spec: new
        {
            volumes = new[] { new { name = "work", emptyDir = new { medium } } },
            initContainers = new[] { new { name = "writer", image = "busybox", imagePullPolicy = "IfNotPresent", command = new[] { "sh", "-c", script }, volumeMounts = new[] { new { name = "work", mountPath = "/work" } } } },
        });
}
