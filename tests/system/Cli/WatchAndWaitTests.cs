using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Cli;

/// <summary>Commands that go on or wait until something happens.</summary>
public sealed class WatchAndWaitTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task A_watch_prints_each_change_as_it_happens()
    {
        await using var table = RunningCommand.Insula(_insula, "get", "pods", "-w", "-l", "watched=yes");
        await using var names = RunningCommand.Insula(_insula, "get", "pods", "--watch-only", "-o", "name", "-l", "watched=yes");
        await _insula.ApplyAsync(Manifests.Pod("seen", Manifests.Forever, metadata: new { labels = new { watched = "yes" } }));
        await _insula.ApplyAsync(Manifests.Pod("unseen", Manifests.Forever));
        await _insula.WaitForReadyAsync("seen");
        await table.SaysAsync("1/1");
        (await _insula.CliAsync("delete", "pod", "seen")).Succeeded();
        await table.SaysAsync("Terminating");
        await names.SaysAsync("pod/seen");
        var lines = table.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Single(lines, line => line.StartsWith("NAME", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("seen", StringComparison.Ordinal) && line.Contains("Running", StringComparison.Ordinal));
        Assert.DoesNotContain("unseen", table.Output + names.Output, StringComparison.Ordinal);
        await _insula.DeletePodAsync("unseen");
    }

    [Fact]
    public async Task A_wait_ends_with_its_condition_or_says_what_it_waited_for()
    {
        await _insula.ApplyAsync(Manifests.Pod("waited", "while [ ! -e /tmp/up ]; do usleep 50000; done; " + Manifests.Forever, container: new
        {
            readinessProbe = new { exec = new { command = new[] { "test", "-e", "/tmp/up" } }, periodSeconds = 1 },
        }));
        await _insula.WaitForPodAsync("waited", p => Pods.IsRunning(p, "main"), "running");
        Assert.Contains("pod/waited condition met", (await _insula.CliAsync("wait", "pod/waited", "--for=jsonpath={.status.phase}=Running")).Succeeded(), StringComparison.Ordinal);
        var late = (await _insula.CliAsync("wait", "pod/waited", "--for=condition=Ready", "--timeout=1s")).Failed();
        Assert.Contains("timed out waiting for condition=Ready of pod/waited", late, StringComparison.Ordinal);
        Assert.Contains("insula describe pod waited", late, StringComparison.Ordinal);

        await using var ready = RunningCommand.Insula(_insula, "wait", "pod", "waited", "--for=condition=Ready", "--timeout=60s");
        await using var gone = RunningCommand.Insula(_insula, "wait", "pod/waited", "--for=delete", "--timeout=60s");
        (await _insula.CliAsync("exec", "waited", "--", "touch", "/tmp/up")).Succeeded();
        Assert.Equal(0, await ready.EndsAsync());
        Assert.Equal("pod/waited condition met\n", ready.Output);
        await _insula.DeletePodAsync("waited");
        Assert.Equal(0, await gone.EndsAsync());
        Assert.Equal("pod/waited deleted\n", gone.Output);

        // What is gone already is deleted, and ready never.
        Assert.Contains("deleted", (await _insula.CliAsync("wait", "pod/waited", "--for=delete")).Succeeded(), StringComparison.Ordinal);
        Assert.Contains("waited", (await _insula.CliAsync("wait", "pod/waited", "--for=condition=Ready")).Failed(), StringComparison.Ordinal);
    }
}
