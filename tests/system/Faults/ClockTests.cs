using System.Diagnostics;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Faults;

/// <summary>
/// The wall clock of a daemon jumps by a day, to and fro (that of the machine, and of the shims, stays): no pod is restarted or changes its
/// readiness, no grace and no back-off is cut short or lengthened, no event expires.
/// </summary>
public sealed class ClockTests : IAsyncLifetime
{
    private const long Day = 86_400;

    private readonly string _directory = Directory.CreateTempSubdirectory("insula-test-").FullName;

    private string Clock => Path.Combine(_directory, "clock");

    private string Library => Path.Combine(_directory, "settable-clock.so");

    public async ValueTask InitializeAsync()
    {
        Set(0);
        var source = Path.Combine(Repository.Root, "tests/system/Faults/settable-clock.c");
        (await Commands.RunAsync("gcc", ["-shared", "-fPIC", "-O1", "-o", Library, source])).Succeeded();
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData(Day)]
    [InlineData(-Day)]
    public async Task A_jump_of_the_clock_restarts_expires_and_kills_nothing(long jump)
    {
        await using var insula = await Instance.StartAsync(new InstanceSetup
        {
            Config = "back-off-initial: 3s\nback-off-max: 3s\nevent-lifetime: 1h\n",
            Environment = new Dictionary<string, string> { ["LD_PRELOAD"] = Library, ["INSULA_TEST_CLOCK"] = Clock },
        });
        await insula.ApplyAsync(Manifests.Pod(
            "steady", Manifests.Forever,
            container: new
            {
                readinessProbe = new { exec = new { command = new[] { "true" } }, periodSeconds = 1, timeoutSeconds = 20 },
                livenessProbe = new { exec = new { command = new[] { "true" } }, periodSeconds = 1, timeoutSeconds = 20 },
            }));
        var before = await insula.WaitForReadyAsync("steady");
        await insula.ApplyAsync(Manifests.Pod("slow", "trap '' TERM; while true; do sleep 1; done", spec: new { terminationGracePeriodSeconds = 8 }));
        await insula.WaitForReadyAsync("slow");
        await insula.ApplyAsync(Manifests.Pod("crashing", "sleep 1; exit 1"));
        await insula.WaitForPodAsync("crashing", p => Pods.Restarts(p, "main") == 1 && (string?)Pods.Container(p, "main")!["state"]?["waiting"]?["reason"] == "CrashLoopBackOff", "waits for its restart");

        (await insula.CliAsync("delete", "pod", "slow", "--wait=false")).Succeeded();
        var clock = Stopwatch.StartNew();
        await Eventually.TrueAsync(() => clock.Elapsed > TimeSpan.FromSeconds(1), "the grace has begun");
        var set = Stopwatch.StartNew();
        Set(jump);
        await Eventually.TrueAsync(async () => Math.Abs((await DateAsync(insula) - DateTimeOffset.UtcNow).TotalSeconds - jump) < 60, "the daemon's clock has jumped");

        // What waits goes on waiting, for as long as it was to and no longer.
        await insula.WaitForPodAsync("crashing", p => Pods.Restarts(p, "main") >= 2, "is started again");
        Assert.True(set.Elapsed < TimeSpan.FromSeconds(25), $"the back-off took {set.Elapsed}");
        await Eventually.TrueAsync(async () => await insula.Api.FindPodAsync("slow") is null, "its grace ends");
        Assert.InRange(clock.Elapsed.TotalSeconds, 7, 28);

        var after = (await insula.Api.FindPodAsync("steady"))!;
        Assert.Equal(Essence(before), Essence(after));
        Assert.Contains("Scheduled", (await insula.CliAsync("events", "--for", "pod/steady")).Succeeded(), StringComparison.Ordinal);

        // Another daemon finds itself in the new time.
        await insula.KillDaemonAsync();
        await insula.StartDaemonAsync();
        Assert.Equal(Essence(before), Essence((await insula.Api.FindPodAsync("steady"))!));
        var restarts = Pods.Restarts((await insula.Api.FindPodAsync("crashing"))!, "main");
        await insula.WaitForPodAsync("crashing", p => Pods.Restarts(p, "main") > restarts, "goes on being started");
    }

    private static async Task<DateTimeOffset> DateAsync(Instance insula)
    {
        using var answer = await insula.Api.Http.GetAsync(new Uri("/readyz", UriKind.Relative));
        return answer.Headers.Date!.Value;
    }

    private static string Essence(JsonNode pod) =>
        $"{Pods.Phase(pod)} restarts {Pods.Restarts(pod, "main")} "
        + pod["status"]!["conditions"]!.AsArray().Single(c => (string?)c!["type"] == "Ready")!.ToJsonString();

    private void Set(long seconds)
    {
        using var file = new FileStream(Clock, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
        file.Write(BitConverter.GetBytes(seconds));
    }
}
