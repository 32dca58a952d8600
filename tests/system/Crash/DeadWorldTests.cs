using System.Diagnostics;
using Insula.Linux;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Crash;

/// <summary>A run of these tests that is killed leaves a daemon with its pods; the next run removes them, and nobody else's.</summary>
public sealed class DeadWorldTests
{
    [Fact]
    public async Task What_a_killed_run_left_is_removed_and_what_lives_is_not()
    {
        await using var mine = await Instance.StartAsync();
        await mine.ApplyAsync(Manifests.Pod("mine", Manifests.Forever));
        await mine.WaitForReadyAsync("mine");

        var (directory, tag) = await LeaveWorldAsync();
        Assert.NotEmpty(DeadWorlds.ProcessesOf(directory));
        Assert.NotEmpty(Leaks.Cgroups(tag));
        await DeadWorlds.CleanAsync();

        Assert.Empty(DeadWorlds.ProcessesOf(directory).Concat(Leaks.Processes(tag)).Select(Leaks.CommandLine));
        Assert.Empty(Leaks.Cgroups(tag));
        Assert.DoesNotContain(directory, await File.ReadAllTextAsync("/proc/self/mountinfo"), StringComparison.Ordinal);
        Assert.False(File.Exists($"/run/netns/{Path.GetFileName(directory)}"));
        Assert.False(Directory.Exists(directory));
        Assert.True(Pods.IsReady((await mine.Api.FindPodAsync("mine"))!));
        Assert.NotEmpty(Leaks.Processes(mine));
    }

    // Another process of these tests, with pods without end, killed while one of them runs.
    private static async Task<(string Directory, string Tag)> LeaveWorldAsync()
    {
        var self = Environment.ProcessPath!;
        string[] program = Path.GetFileName(self) == "dotnet" ? [typeof(DeadWorldTests).Assembly.Location] : [];
        var start = new ProcessStartInfo(self, [.. program, "-noLogo", "-noColor", "-class", "*.SoakTests"]) { RedirectStandardOutput = true };
        start.Environment["INSULA_SOAK"] = "1000000";
        using var run = Process.Start(start)!;
        try
        {
            var directory = await Eventually.GetAsync(() => Task.FromResult(DeadWorlds.Of(run.Id).FirstOrDefault()), found => found is not null, "the other run has a world");
            var tag = InstanceTag.From(Path.Combine(directory!, "root"), Path.Combine(directory!, "run"));
            await Eventually.TrueAsync(() => Leaks.Processes(tag).Count > 0, "the other run has a pod");
            return (directory!, tag);
        }
        finally
        {
            run.Kill();
            await run.WaitForExitAsync();
        }
    }
}
