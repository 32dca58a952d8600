using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Upgrade;

/// <summary>
/// Pods that an earlier build started live on under this one, and go back to it. The earlier build's programs are in the directory
/// <c>INSULA_UPGRADE_FROM</c> (`make upgrade-test` builds those of the last release); without it, this build's are used, with shims of earlier ones.
/// </summary>
public sealed class UpgradeTests
{
    private const string Shims = "tests/system/Upgrade/shims";

    private static readonly string s_from = Environment.GetEnvironmentVariable("INSULA_UPGRADE_FROM") ?? "";

    private static readonly string[] s_running = ["echoer", "served"];

    public static TheoryData<string> OldShims() => new(
        Directory.EnumerateFiles(Path.Combine(Repository.Root, Shims), "insula-shim-*").Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal));

    [Fact]
    public void The_shims_of_earlier_builds_are_what_they_were()
    {
        var sums = File.ReadAllLines(Path.Combine(Repository.Root, Shims, "SHA256SUMS"));
        Assert.Equal(
            sums.Order(StringComparer.Ordinal),
            OldShims().Select(row => row.Data).Select(name =>
                $"{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(Path.Combine(Repository.Root, Shims, name))))}  {name}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(OldShims))]
    public async Task What_a_shim_of_an_earlier_build_supervises_is_taken_over(string shim)
    {
        var old = $"shim: {Path.Combine(Repository.Root, Shims, shim)}\n";
        await using var insula = await Instance.StartAsync(Config + old, "busybox");
        var before = await StartPodsAsync(insula);
        await insula.KillDaemonAsync();
        insula.Config = Config;
        await insula.StartDaemonAsync();
        await AssertUnchangedAsync(insula, before);
        await AssertEverythingWorksAsync(insula);
    }

    [Fact]
    public async Task Pods_outlive_an_upgrade_and_the_way_back()
    {
        await using var insula = await Instance.StartAsync(new InstanceSetup { Config = Config, Programs = s_from }, "busybox");
        var before = await StartPodsAsync(insula);
        foreach (var programs in (string[])["", s_from])
        {
            await insula.StopDaemonAsync();
            insula.Programs = programs;
            await insula.StartDaemonAsync();
            await AssertUnchangedAsync(insula, before);
            Assert.Equal("echoer", (await insula.CliAsync("exec", "echoer", "--", "hostname")).Succeeded().Trim());
        }

        // What this build starts, the earlier one takes over; and then both stop and restart what the other began.
        await insula.StopDaemonAsync();
        insula.Programs = "";
        await insula.StartDaemonAsync();
        await insula.ApplyAsync(Manifests.Pod("newer", Manifests.Forever));
        var newer = await insula.WaitForReadyAsync("newer");
        await insula.StopDaemonAsync();
        insula.Programs = s_from;
        await insula.StartDaemonAsync();
        await AssertUnchangedAsync(insula, [.. before, newer]);
        await AssertEverythingWorksAsync(insula);
        await insula.DeletePodAsync("newer");

        // An earlier build may not know the DNS server, which goes on beside it: this one ends it.
        await insula.StopDaemonAsync();
        insula.Programs = "";
        await insula.StartDaemonAsync();
    }

    // Where the shim is not given, it is the one beside the daemon.
    private const string Config =
        """
        back-off-initial: 1s
        back-off-max: 4s

        """;

    private static async Task<JsonNode[]> StartPodsAsync(Instance insula)
    {
        await insula.ApplyAsync(Manifests.Pod("echoer", $"echo started; {Manifests.Forever}", container: new { livenessProbe = new { exec = new { command = new[] { "true" } }, periodSeconds = 1, timeoutSeconds = 20 } }));
        await insula.ApplyAsync(Manifests.Pod(
            "served", "exec httpd -f -p 8080 -h /",
            container: new { readinessProbe = new { httpGet = new { path = "/etc/passwd", port = 8080 }, periodSeconds = 1, timeoutSeconds = 10, failureThreshold = 2 } },
            spec: new { hostUsers = false, shareProcessNamespace = true, terminationGracePeriodSeconds = 1 }));
        return [await insula.WaitForReadyAsync("echoer"), await insula.WaitForReadyAsync("served")];
    }

    private static async Task AssertUnchangedAsync(Instance insula, JsonNode[] before)
    {
        foreach (var pod in before)
        {
            var after = (await insula.Api.FindPodAsync((string)pod["metadata"]!["name"]!))!;
            Assert.Equal(Essence(pod), Essence(after));
        }
    }

    private static string Essence(JsonNode pod) =>
        $"{Pods.Uid(pod)} {Pods.Address(pod)} restarts {Pods.Restarts(pod, "main")} {Pods.Container(pod, "main")!["containerID"]} "
        + pod["status"]!["conditions"]!.AsArray().Single(c => (string?)c!["type"] == "Ready")!.ToJsonString();

    private static async Task AssertEverythingWorksAsync(Instance insula)
    {
        Assert.Equal("started", (await insula.CliAsync("logs", "echoer")).Succeeded().Trim());
        foreach (var name in s_running)
        {
            Assert.Equal((3, name), await ExecAsync(insula, name, "hostname; exit 3"));
            var pod = (await insula.Api.FindPodAsync(name))!;
            await Processes.KillAsync(insula, pod, "main");
            await insula.WaitForPodAsync(name, p => Pods.Restarts(p, "main") == 1 && Pods.IsReady(p), "runs again, in the same sandbox");
            Assert.Equal(Pods.Address(pod), Pods.Address((await insula.Api.FindPodAsync(name))!));
            Assert.Equal((0, name), await ExecAsync(insula, name, "hostname"));
        }

        Assert.Equal("started", (await insula.CliAsync("logs", "echoer", "--previous")).Succeeded().Trim());

        // The probes are asked still: one that gets no answer is seen.
        await ExecAsync(insula, "served", "kill -STOP $(pidof httpd)");
        await insula.WaitForPodAsync("served", p => !Pods.IsReady(p), "is not ready when its server hangs");
        foreach (var name in s_running)
        {
            await insula.DeletePodAsync(name);
        }
    }

    private static async Task<(int Code, string Output)> ExecAsync(Instance insula, string pod, string script)
    {
        var result = await insula.CliAsync("exec", pod, "--", "sh", "-c", script);
        return (result.ExitCode, result.Output.Trim());
    }
}
