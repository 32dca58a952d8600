using System.Globalization;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Lifecycle;

/// <summary>Init containers: one after another, before the others, once in a sandbox.</summary>
public sealed class InitContainerTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private const string Log = "while [ ! -e /work/go-$0 ]; do sleep 0.05; done; echo $0 >> /work/log";
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task They_run_in_order_and_before_the_others()
    {
        await _insula.ApplyAsync(Manifests.Pod("order", "cat /work/log; " + Manifests.Forever, container: new { volumeMounts = Mounts }, spec: new
        {
            volumes = Volumes,
            initContainers = new[] { Init("first"), Init("second") },
        }));
        var pod = await _insula.WaitForPodAsync("order", p => Pods.IsRunning(p, "first"), "the first runs");
        Assert.Equal("Pending", Pods.Phase(pod));
        Assert.Equal("False", Pods.Condition(pod, "Initialized"));
        Assert.Contains("Init:0/2", (await _insula.CliAsync("get", "pods")).Succeeded(), StringComparison.Ordinal);

        // What the kernel knows: nothing of the pod runs but the first.
        Assert.NotEmpty(Processes.Of(_insula, pod, "first"));
        Assert.Empty(Processes.Of(_insula, pod, "second"));
        Assert.Empty(Processes.Of(_insula, pod, "main"));

        await _insula.CliAsync("exec", "order", "-c", "first", "--", "touch", "/work/go-first"); // ended with its container, perhaps
        pod = await _insula.WaitForPodAsync("order", p => Pods.IsRunning(p, "second"), "the second runs");
        Assert.Contains("Init:1/2", (await _insula.CliAsync("get", "pods")).Succeeded(), StringComparison.Ordinal);
        Assert.Empty(Processes.Of(_insula, pod, "main"));
        await _insula.CliAsync("exec", "order", "-c", "second", "--", "touch", "/work/go-second"); // ended with its container, perhaps
        pod = await _insula.WaitForReadyAsync("order");
        Assert.Equal("True", Pods.Condition(pod, "Initialized"));
        Assert.Equal("Completed", (string?)Pods.Container(pod, "second")!["state"]!["terminated"]!["reason"]);
        Assert.Equal("first\nsecond\n", (await _insula.CliAsync("logs", "order")).Succeeded());
        Assert.Contains("Init Containers:", (await _insula.CliAsync("describe", "pod", "order")).Succeeded(), StringComparison.Ordinal);
        await _insula.DeletePodAsync("order");
    }

    [Fact]
    public async Task A_failing_one_is_tried_again_with_a_back_off_and_holds_the_pod_Pending()
    {
        await _insula.ApplyAsync(Manifests.Pod("fails", Manifests.Forever, spec: new { initContainers = new[] { Shell("init", "exit 3") } }));
        var pod = await _insula.WaitForPodAsync("fails", p => (string?)Pods.Container(p, "init")?["state"]?["waiting"]?["reason"] == "CrashLoopBackOff", "backs off");
        Assert.Equal("Pending", Pods.Phase(pod));
        Assert.Equal(3, (int?)Pods.Container(pod, "init")!["lastState"]!["terminated"]!["exitCode"]);
        await Eventually.TrueAsync(
            async () => (await _insula.CliAsync("get", "pod", "fails")).Succeeded().Contains("Init:CrashLoopBackOff", StringComparison.Ordinal), "the column says so");
        Assert.Empty(Processes.Of(_insula, pod, "main"));
        await _insula.DeletePodAsync("fails");
    }

    [Fact]
    public async Task With_Never_a_failed_one_fails_the_pod()
    {
        await _insula.ApplyAsync(Manifests.Pod("never-init", Manifests.Forever, spec: new { restartPolicy = "Never", initContainers = new[] { Shell("init", "exit 3") } }));
        var pod = await _insula.WaitForPodAsync("never-init", p => Pods.Phase(p) == "Failed", "Failed");
        Assert.Null(Pods.Container(pod, "main")!["state"]!["terminated"]);
        Assert.Equal(0, Pods.Restarts(pod, "init"));
        await _insula.DeletePodAsync("never-init");
    }

    [Fact]
    public async Task The_daemons_death_repeats_none_of_them_and_a_new_sandbox_all()
    {
        await _insula.ApplyAsync(Manifests.Pod("again", Manifests.Forever, container: new { volumeMounts = Mounts }, spec: new
        {
            volumes = Volumes,
            initContainers = new[] { Shell("first", "echo first >> /work/log"), Init("second") },
        }));
        var pod = await _insula.WaitForPodAsync("again", p => Pods.IsRunning(p, "second"), "the second runs");
        var process = Processes.MainOf(_insula, pod, "second");
        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
        Assert.Equal(process, Processes.MainOf(_insula, pod, "second"));
        await _insula.CliAsync("exec", "again", "-c", "second", "--", "touch", "/work/go-second"); // ended with its container, perhaps
        pod = await _insula.WaitForReadyAsync("again");
        Assert.Equal("first\nsecond\n", (await _insula.CliAsync("exec", "again", "--", "cat", "/work/log")).Succeeded());

        var shim = int.Parse(Processes.Status(Processes.MainOf(_insula, pod, "main"), "PPid"), CultureInfo.InvariantCulture);
        (await Commands.RunAsync("kill", ["-KILL", $"{shim}"])).Succeeded();
        await _insula.WaitForPodAsync("again", p => Pods.Restarts(p, "main") == 1 && Pods.IsReady(p), "Ready in a new sandbox");
        Assert.Equal("first\nsecond\nfirst\nsecond\n", (await _insula.CliAsync("exec", "again", "--", "cat", "/work/log")).Succeeded());
        await _insula.DeletePodAsync("again");
    }

    [Fact]
    public async Task The_pods_cgroup_has_what_the_greatest_of_them_or_the_others_together_need()
    {
        var limits = (string memory) => new { limits = new { memory, cpu = "100m" } };
        await _insula.ApplyAsync(Manifests.Pod("needs", Manifests.Forever, container: new { resources = limits("32Mi") }, spec: new
        {
            initContainers = new object[]
            {
                new { name = "big", image = "busybox", imagePullPolicy = "IfNotPresent", command = new[] { "true" }, resources = limits("96Mi") },
                new { name = "side", image = "busybox", imagePullPolicy = "IfNotPresent", restartPolicy = "Always", command = new[] { "sh", "-c", Manifests.Forever }, resources = limits("16Mi") },
            },
        }));
        var pod = await _insula.WaitForReadyAsync("needs");
        Assert.Equal("Guaranteed", (string?)pod["status"]!["qosClass"]);
        var group = Path.GetDirectoryName(Processes.GroupOf(_insula, pod, "main", "memory")!)!;
        var file = new[] { "memory.max", "memory.limit_in_bytes" }.Select(f => Path.Combine(group, f)).First(File.Exists);
        Assert.Equal($"{96 << 20}", (await File.ReadAllTextAsync(file)).Trim());
        await _insula.DeletePodAsync("needs");
    }

    private static object[] Volumes => [new { name = "work", emptyDir = new { } }];

    private static object[] Mounts => [new { name = "work", mountPath = "/work" }];

    private static object Init(string name) => new { name, image = "busybox", imagePullPolicy = "IfNotPresent", command = new[] { "sh", "-c", Log, name }, volumeMounts = Mounts };

    private static object Shell(string name, string script) => new { name, image = "busybox", imagePullPolicy = "IfNotPresent", command = new[] { "sh", "-c", script }, volumeMounts = script.Contains("/work", StringComparison.Ordinal) ? Mounts : [] };
}
