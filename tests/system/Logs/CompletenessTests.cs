using System.Globalization;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Logs;

/// <summary>No line is lost because the daemon was.</summary>
public sealed class CompletenessTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private const int Lines = 10_000;
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Ten_thousand_lines_are_whole_though_the_daemon_is_killed_while_they_are_written()
    {
        await _insula.ApplyAsync(Manifests.Pod(
            "many",
            $"i=0; while [ $i -lt {Lines} ]; do i=$((i+1)); echo $i; [ $((i % 50)) = 0 ] && usleep 20000; done; exit 3",
            spec: new { restartPolicy = "Never" }));
        await _insula.WaitForPodAsync("many", p => Pods.IsRunning(p, "main"), "running");
        for (var round = 1; round <= 3; round++)
        {
            var next = Lines / 4 * round;
            await Eventually.TrueAsync(async () => await LastAsync() >= next, $"line {next} is written");
            await _insula.KillDaemonAsync();
            await _insula.StartDaemonAsync();
        }

        // The end of the container and of its log come together: whoever sees the exit sees the last line.
        var pod = await _insula.WaitForPodAsync("many", p => Pods.Phase(p) == "Failed", "Failed", deadline: TimeSpan.FromSeconds(60));
        Assert.Equal(3, (int)Pods.Container(pod, "main")!["state"]!["terminated"]!["exitCode"]!);
        var lines = (await _insula.CliAsync("logs", "many")).Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Enumerable.Range(1, Lines).Select(i => i.ToString(CultureInfo.InvariantCulture)), lines);
        await _insula.DeletePodAsync("many");
    }

    [Fact]
    public async Task Both_streams_keep_their_order_and_a_follower_ends_with_the_container()
    {
        await _insula.ApplyAsync(Manifests.Pod(
            "streams", "for i in 1 2 3; do echo out $i; usleep 50000; echo err $i >&2; usleep 50000; done; printf 'last without newline'", spec: new { restartPolicy = "Never" }));
        await _insula.WaitForPodAsync("streams", p => Pods.Phase(p) is "Running" or "Succeeded", "started");
        await using var follower = RunningCommand.Insula(_insula, "logs", "--follow", "streams");
        Assert.Equal(0, await follower.EndsAsync());
        Assert.Equal("out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\nlast without newline", follower.Output.TrimEnd('\n'));
        await _insula.DeletePodAsync("streams");
    }

    private async Task<int> LastAsync() =>
        int.TryParse((await _insula.CliAsync("logs", "many", "--tail", "1")).Output, CultureInfo.InvariantCulture, out var last) ? last : 0;
}
