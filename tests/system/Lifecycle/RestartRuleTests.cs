using System.Globalization;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Lifecycle;

/// <summary>Restart policies of single containers, their rules by exit code, and the restart of all containers in place.</summary>
public sealed class RestartRuleTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private const string ExitsOnceByRequest = "trap 'exit 42' USR1; trap 'exit 0' TERM; while true; do sleep 3600 & wait $!; done";

    private static readonly string[] s_all = ["once", "side", "main", "peer"];
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task A_container_restarts_by_its_own_policy_and_rules()
    {
        await _insula.ApplyAsync(Manifests.Pod("own", "exit 0", container: new { restartPolicy = "Never" }, spec: new
        {
            restartPolicy = "Never",
            containers = new object[]
            {
                Shell("done", "exit 0", new { }),
                Shell("again", "exit 3", new { restartPolicy = "OnFailure" }),
                Shell("ruled", "exit 42", new { restartPolicy = "Never", restartPolicyRules = Rules("Restart", "In", 42) }),
                Shell("unruled", "exit 41", new { restartPolicy = "Never", restartPolicyRules = Rules("Restart", "In", 42) }),
                Shell("stays", Manifests.Forever, new { }),
            },
        }));
        var pod = await _insula.WaitForPodAsync("own", p => Pods.Restarts(p, "again") > 0 && Pods.Restarts(p, "ruled") > 0 && IsEnded(p, "unruled") && IsEnded(p, "done"), "some restarted");
        Assert.Equal((0, 0), (Pods.Restarts(pod, "unruled"), Pods.Restarts(pod, "done")));
        Assert.Contains("Restart for exit codes In [42]", (await _insula.CliAsync("describe", "pod", "own")).Succeeded(), StringComparison.Ordinal);
        await _insula.DeletePodAsync("own");
    }

    [Fact]
    public async Task The_pod_is_over_when_no_policy_restarts_a_container()
    {
        await _insula.ApplyAsync(Manifests.Pod("over", "exit 3", container: new { restartPolicy = "Never" }));
        await _insula.WaitForPodAsync("over", p => Pods.Phase(p) == "Failed", "Failed, though the pod's policy is Always");
        await _insula.DeletePodAsync("over");
    }

    [Fact]
    public async Task All_containers_begin_anew_in_their_sandbox()
    {
        await _insula.ApplyAsync(AllPod("all"));
        var before = await _insula.WaitForReadyAsync("all");
        var (shim, network, pids) = (Processes.ShimOf(_insula, before), NetworkOf(before), PidsOf(before));
        Assert.Equal("False", Pods.Condition(before, "AllContainersRestarting"));

        (await Commands.RunAsync("kill", ["-USR1", $"{Processes.MainOf(_insula, before, "main")}"])).Succeeded();
        var after = await _insula.WaitForPodAsync("all", p => Pods.Restarts(p, "peer") == 1 && Pods.IsReady(p), "Ready again");
        Assert.All(s_all, name => Assert.Equal(1, Pods.Restarts(after, name)));
        Assert.Equal((shim, network, Pods.Address(before)), (Processes.ShimOf(_insula, after), NetworkOf(after), Pods.Address(after)));
        Assert.Empty(pids.Intersect(PidsOf(after)));
        Assert.All(pids, pid => Assert.False(Directory.Exists($"/proc/{pid}"), $"process {pid} lives on"));
        Assert.Equal((42, 137), (LastCode(after, "main"), LastCode(after, "peer")));
        Assert.Equal("False", Pods.Condition(after, "AllContainersRestarting"));

        // The volume is the same, the init container ran before the others both times, and the preStop hook did not run.
        Assert.Equal("once\nonce\n", (await _insula.CliAsync("exec", "all", "-c", "peer", "--", "cat", "/work/log")).Succeeded());
        Assert.Contains("AllContainersRestarting", (await _insula.CliAsync("events")).Succeeded(), StringComparison.Ordinal);
        await _insula.DeletePodAsync("all");
    }

    [Fact]
    public async Task A_daemon_that_dies_meanwhile_goes_on_with_it_once()
    {
        await _insula.ApplyAsync(AllPod("meanwhile"));
        var before = await _insula.WaitForReadyAsync("meanwhile");
        var main = Processes.MainOf(_insula, before, "main");
        await _insula.KillDaemonAsync();
        (await Commands.RunAsync("kill", ["-USR1", $"{main}"])).Succeeded();
        await _insula.StartDaemonAsync();
        await _insula.WaitForPodAsync("meanwhile", p => s_all.All(name => Pods.Restarts(p, name) == 1) && Pods.IsReady(p), "begun anew by another daemon");
        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
        var after = await _insula.WaitForReadyAsync("meanwhile");
        Assert.All(s_all, name => Assert.Equal(1, Pods.Restarts(after, name)));
        Assert.Equal("once\nonce\n", (await _insula.CliAsync("exec", "meanwhile", "-c", "peer", "--", "cat", "/work/log")).Succeeded());
        await _insula.DeletePodAsync("meanwhile");
    }

    [Fact]
    public async Task The_second_time_all_wait_for_the_back_off()
    {
        await _insula.ApplyAsync(Manifests.Pod("waits", "exit 42", spec: new
        {
            restartPolicy = "Never",
            containers = new object[]
            {
                Shell("main", "exit 42", new { restartPolicy = "Never", restartPolicyRules = Rules("RestartAllContainers", "In", 42) }),
                Shell("peer", Manifests.Forever, new { }),
            },
        }));
        var pod = await _insula.WaitForPodAsync("waits", p => Pods.Restarts(p, "main") == 1 && (string?)Pods.Container(p, "main")!["state"]!["waiting"]?["reason"] == "CrashLoopBackOff", "backs off");
        Assert.Equal("True", Pods.Condition(pod, "AllContainersRestarting"));
        await Eventually.TrueAsync(() => Processes.Of(_insula, pod, "peer").Count == 0, "nothing of it runs meanwhile");
        await _insula.DeletePodAsync("waits");
    }

    private static string AllPod(string name) => Manifests.Pod(name, ExitsOnceByRequest, spec: new
    {
        restartPolicy = "Never",
        volumes = new[] { new { name = "work", emptyDir = new { } } },
        initContainers = new object[]
        {
            Shell("once", "echo once >> /work/log", new { volumeMounts = Mounts }),
            Shell("side", Manifests.Forever, new { restartPolicy = "Always" }),
        },
        containers = new object[]
        {
            Shell("main", ExitsOnceByRequest, new { restartPolicy = "Never", restartPolicyRules = Rules("RestartAllContainers", "In", 42) }),
            Shell("peer", Manifests.Forever, new { volumeMounts = Mounts, lifecycle = new { preStop = new { exec = new { command = new[] { "sh", "-c", "echo stopped >> /work/log" } } } } }),
        },
    });

    private static object[] Mounts => [new { name = "work", mountPath = "/work" }];

    private static object[] Rules(string action, string @operator, int code) => [new { action, exitCodes = new { @operator, values = new[] { code } } }];

    private static JsonObject Shell(string name, string script, object more)
    {
        var container = JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(more))!.AsObject();
        container["name"] = name;
        container["image"] = "busybox";
        container["imagePullPolicy"] = "IfNotPresent";
        container["command"] = new JsonArray("sh", "-c", script);
        return container;
    }

    private static bool IsEnded(JsonNode pod, string container) => Pods.Container(pod, container)?["state"]?["terminated"] is not null;

    private static int? LastCode(JsonNode pod, string container) => (int?)Pods.Container(pod, container)!["lastState"]!["terminated"]!["exitCode"];

    private string NetworkOf(JsonNode pod) => File.ResolveLinkTarget(
        string.Create(CultureInfo.InvariantCulture, $"/proc/{Processes.MainOf(_insula, pod, "peer")}/ns/net"), returnFinalTarget: false)!.Name;

    private List<int> PidsOf(JsonNode pod) => [.. new[] { "main", "peer", "side" }.Select(name => Processes.MainOf(_insula, pod, name))];
}
