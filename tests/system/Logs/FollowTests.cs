using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Logs;

/// <summary>Who follows a log sees what comes after a restart, and is not kept when nothing can come any more.</summary>
public sealed class FollowTests
{
    private const string Counts = "n=$(cat /d/n 2>/dev/null || echo 0); n=$((n+1)); echo $n >/d/n; echo start $n; ";

    [Fact]
    public async Task It_goes_on_with_the_next_start_and_ends_with_the_pod()
    {
        await using var insula = await StartAsync();
        await insula.ApplyAsync(Restarted("again", $"{Counts} [ $n -lt 4 ] && exit 1; echo last; exec sleep 1000"));
        await insula.WaitForPodAsync("again", p => Pods.Container(p, "main")?["lastState"]?["terminated"] is not null || Pods.IsRunning(p, "main"), "started");
        await using var follower = RunningCommand.Insula(insula, "logs", "-f", "--prefix", "again");
        await follower.SaysAsync("[pod/again/main] last");
        var lines = follower.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Enumerable.Range(5 - lines.Length + 1, lines.Length - 1).Select(n => $"[pod/again/main] start {n}").Append("[pod/again/main] last"), lines);
        Assert.True(lines.Length >= 3, follower.Output); // at least one restart was followed
        await insula.DeletePodAsync("again");
        Assert.Equal(0, await follower.EndsAsync());
    }

    [Fact]
    public async Task It_ends_with_a_container_that_is_not_started_again_while_others_of_the_pod_run()
    {
        await using var insula = await StartAsync();
        await insula.ApplyAsync(Restarted("done", $"{Counts} [ $n -lt 3 ] && exit 1; exit 0", "OnFailure", new { name = "other", image = "busybox", command = new[] { "sleep", "1000" } }));
        await insula.WaitForPodAsync("done", p => Pods.IsRunning(p, "other"), "started");
        await using var follower = RunningCommand.Insula(insula, "logs", "-f", "done", "-c", "main");
        Assert.Equal(0, await follower.EndsAsync());
        Assert.EndsWith("start 3\n", follower.Output, StringComparison.Ordinal);
        await insula.DeletePodAsync("done");
    }

    [Fact]
    public async Task Pods_are_chosen_by_their_labels_and_told_apart()
    {
        await using var insula = await StartAsync();
        foreach (var name in (string[])["left", "right"])
        {
            await insula.ApplyAsync(Manifests.Pod(name, $"echo of {name}; exec sleep 1000", metadata: new { labels = new { app = "both" } }));
            await insula.WaitForReadyAsync(name);
        }

        await Eventually.TrueAsync(
            async () => (await insula.CliAsync("logs", "-l", "app=both", "--prefix")).Succeeded() == "[pod/left/main] of left\n[pod/right/main] of right\n", "both have written");
        await using var follower = RunningCommand.Insula(insula, "logs", "-f", "-l", "app=both");
        await follower.SaysAsync("of left");
        await follower.SaysAsync("of right");
        Assert.Contains("no pod in namespace default has the labels app=none", (await insula.CliAsync("logs", "-l", "app=none")).Failed(), StringComparison.Ordinal);
        Assert.Contains("not both", (await insula.CliAsync("logs", "left", "-l", "app=both")).Failed(), StringComparison.Ordinal);
        Assert.Contains("which pod?", (await insula.CliAsync("logs")).Failed(), StringComparison.Ordinal);
    }

    private static Task<Instance> StartAsync() => Instance.StartAsync("back-off-initial: 500ms\nback-off-max: 1s\n", "busybox");

    private static string Restarted(string name, string script, string policy = "Always", object? other = null)
    {
        var mounts = new[] { new { name = "d", mountPath = "/d" } };
        var main = new { name = "main", image = "busybox", command = new[] { "sh", "-c", script }, volumeMounts = mounts };
        return System.Text.Json.JsonSerializer.Serialize(new
        {
            apiVersion = "v1",
            kind = "Pod",
            metadata = new { name },
            spec = new { restartPolicy = policy, containers = other is null ? [main] : (object[])[main, other], volumes = new[] { new { name = "d", emptyDir = new { } } } },
        });
    }
}
