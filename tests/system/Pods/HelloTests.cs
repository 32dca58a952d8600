using Insula.SystemTests.Harness;

namespace Insula.SystemTests.PodTests;

/// <summary>The first promise: the example runs, is reached, speaks, and is gone when deleted.</summary>
public sealed class HelloTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task The_example_runs_and_is_reached_and_ends()
    {
        var example = Path.Combine(Repository.Root, "examples", "hello.yaml");
        Assert.Contains("pod/hello created", (await _insula.CliAsync("apply", "-f", example)).Succeeded(), StringComparison.Ordinal);
        var pod = await _insula.WaitForReadyAsync("hello");

        var page = await _insula.InNetworkAsync("curl", "-fsS", "--noproxy", "*", "--max-time", "5", $"http://{Pods.Address(pod)}:8080/");
        Assert.Contains("Hello from hello", page.Succeeded(), StringComparison.Ordinal);
        await Eventually.TrueAsync(
            async () => (await _insula.CliAsync("logs", "hello", "-c", "peer")).Succeeded().Contains("Hello from hello", StringComparison.Ordinal),
            "the peer reads the page over localhost");
        Assert.Contains("2/2", (await _insula.CliAsync("get", "pods")).Succeeded(), StringComparison.Ordinal);
        Assert.Contains("pod/hello unchanged", (await _insula.CliAsync("apply", "-f", example)).Succeeded(), StringComparison.Ordinal);
        Assert.Contains("pod/hello deleted", (await _insula.CliAsync("delete", "-f", example)).Succeeded(), StringComparison.Ordinal);
        Assert.Null(await _insula.Api.FindPodAsync("hello"));
    }

    [Fact]
    public async Task A_killed_process_comes_back_with_its_restart_counted()
    {
        await _insula.ApplyAsync(Manifests.Pod("killed", Manifests.Forever));
        var pod = await _insula.WaitForReadyAsync("killed");
        await Processes.KillAsync(_insula, pod, "main");
        pod = await _insula.WaitForPodAsync("killed", p => Pods.Restarts(p, "main") == 1 && Pods.IsReady(p), "restarted and Ready");
        var last = Pods.Container(pod, "main")!["lastState"]!["terminated"]!;
        Assert.Equal(137, (int)last["exitCode"]!);
        Assert.Equal("Error", (string?)last["reason"]);
        await _insula.DeletePodAsync("killed");
    }

    [Fact]
    public async Task Exit_codes_reach_the_status_and_the_policy_Never_is_kept()
    {
        await _insula.ApplyAsync(Manifests.Pod("seven", "exit 7", spec: new { restartPolicy = "Never" }));
        var pod = await _insula.WaitForPodAsync("seven", p => Pods.Phase(p) == "Failed", "Failed");
        Assert.Equal(7, (int)Pods.Container(pod, "main")!["state"]!["terminated"]!["exitCode"]!);
        await _insula.ApplyAsync(Manifests.Pod("zero", "exit 0", spec: new { restartPolicy = "OnFailure" }));
        pod = await _insula.WaitForPodAsync("zero", p => Pods.Phase(p) == "Succeeded", "Succeeded");
        Assert.Equal("Completed", (string?)Pods.Container(pod, "main")!["state"]!["terminated"]!["reason"]);
    }

    [Fact]
    public async Task A_failing_container_backs_off_and_says_so()
    {
        await _insula.ApplyAsync(Manifests.Pod("loops", "exit 3"));
        var pod = await _insula.WaitForPodAsync(
            "loops",
            p => (string?)Pods.Container(p, "main")?["state"]?["waiting"]?["reason"] == "CrashLoopBackOff" && Pods.Restarts(p, "main") >= 2,
            "CrashLoopBackOff after two restarts");
        Assert.Contains("back-off", (string?)Pods.Container(pod, "main")!["state"]!["waiting"]!["message"], StringComparison.Ordinal);
        Assert.Contains("CrashLoopBackOff", (await _insula.CliAsync("get", "pod", "loops")).Succeeded(), StringComparison.Ordinal);
        Assert.Contains("BackOff", (await _insula.CliAsync("events", "--for", "pod/loops")).Succeeded(), StringComparison.Ordinal);
        await _insula.DeletePodAsync("loops");
    }

    [Fact]
    public async Task A_deletion_sends_the_stop_signal_and_then_kills_within_the_grace()
    {
        await _insula.ApplyAsync(Manifests.Pod("polite", "trap 'echo stopped; exit 0' TERM; echo up; while true; do sleep 3600 & wait $!; done"));
        await _insula.ApplyAsync(Manifests.Pod("deaf", "trap '' TERM; while true; do sleep 1; done", spec: new { terminationGracePeriodSeconds = 1 }));
        await _insula.WaitForReadyAsync("polite");
        await _insula.WaitForReadyAsync("deaf");
        (await _insula.CliAsync("delete", "pod", "polite", "deaf", "--timeout=30s")).Succeeded();
        Assert.Null(await _insula.Api.FindPodAsync("polite"));
        Assert.Null(await _insula.Api.FindPodAsync("deaf"));
    }

    [Fact]
    public async Task A_new_image_restarts_that_container_in_place()
    {
        await _insula.ApplyAsync(Manifests.Pod("image", Manifests.Forever));
        var pod = await _insula.WaitForReadyAsync("image");
        (await _insula.CliAsync("load", Repository.Image("busybox"), "--name", "busybox:second")).Succeeded();
        await _insula.ApplyAsync(Manifests.Pod("image", Manifests.Forever, container: new { image = "busybox:second" }));
        var after = await _insula.WaitForPodAsync("image", p => Pods.Restarts(p, "main") == 1 && Pods.IsReady(p), "restarted with the new image");
        Assert.Equal(Pods.Uid(pod), Pods.Uid(after));
        Assert.Equal(Pods.Address(pod), Pods.Address(after));
        Assert.Contains("busybox:second", (string?)Pods.Container(after, "main")!["image"], StringComparison.Ordinal);
        var refused = await _insula.CliWithInputAsync(Manifests.Pod("image", "exit 1", container: new { image = "busybox:second" }), "apply", "-f", "-");
        Assert.Contains("spec.containers[0].command", refused.Failed(), StringComparison.Ordinal);
        await _insula.DeletePodAsync("image");
    }
}
