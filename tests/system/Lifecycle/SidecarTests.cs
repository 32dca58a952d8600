using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Lifecycle;

/// <summary>Sidecars: init containers with restartPolicy Always (KEP-753).</summary>
public sealed class SidecarTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private const string Say = "trap 'echo $0 >> /work/log; exit 0' TERM; while true; do sleep 3600 & wait $!; done";
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Its_startup_probe_gates_the_next_and_its_readiness_counts_for_the_pods()
    {
        await _insula.ApplyAsync(Manifests.Pod("gates", Manifests.Forever, spec: new
        {
            volumes = Volumes,
            initContainers = new object[]
            {
                Side("side", Manifests.Forever, new
                {
                    startupProbe = new { exec = new { command = new[] { "test", "-e", "/work/up" } }, periodSeconds = 1, failureThreshold = 60 },
                    readinessProbe = new { exec = new { command = new[] { "test", "-e", "/work/ready" } }, periodSeconds = 1, failureThreshold = 1 },
                }),
            },
        }));
        var pod = await _insula.WaitForPodAsync("gates", p => Pods.IsRunning(p, "side"), "the sidecar runs");
        Assert.Empty(Processes.Of(_insula, pod, "main"));
        Assert.Equal("Pending", Pods.Phase(pod));
        (await _insula.CliAsync("exec", "gates", "-c", "side", "--", "touch", "/work/up")).Succeeded();
        pod = await _insula.WaitForPodAsync("gates", p => Pods.IsRunning(p, "main"), "the main container runs");
        Assert.False(Pods.IsReady(pod));
        Assert.Contains("1/2", (await _insula.CliAsync("get", "pod", "gates")).Succeeded(), StringComparison.Ordinal);
        (await _insula.CliAsync("exec", "gates", "-c", "side", "--", "touch", "/work/ready")).Succeeded();
        await _insula.WaitForReadyAsync("gates");
        Assert.Contains("2/2", (await _insula.CliAsync("get", "pod", "gates")).Succeeded(), StringComparison.Ordinal);
        await _insula.DeletePodAsync("gates");
    }

    [Fact]
    public async Task It_restarts_whatever_the_pods_policy_and_keeps_no_finished_pod_alive()
    {
        await _insula.ApplyAsync(Manifests.Pod("job", "while [ ! -e /work/done ]; do sleep 0.05; done", container: new { volumeMounts = Mounts }, spec: new
        {
            restartPolicy = "Never",
            volumes = Volumes,
            initContainers = new object[] { Side("side", Manifests.Forever) },
        }));
        var pod = await _insula.WaitForPodAsync("job", p => Pods.IsRunning(p, "main"), "runs");
        await Processes.KillAsync(_insula, pod, "side");
        pod = await _insula.WaitForPodAsync("job", p => Pods.Restarts(p, "side") == 1 && Pods.IsRunning(p, "side"), "the sidecar is restarted");
        Assert.Equal(0, Pods.Restarts(pod, "main"));
        Assert.NotEmpty(Processes.Of(_insula, pod, "side"));
        (await _insula.CliAsync("exec", "job", "-c", "side", "--", "touch", "/work/done")).Succeeded();
        pod = await _insula.WaitForPodAsync("job", p => Pods.Phase(p) == "Succeeded", "Succeeded");
        Assert.Empty(Processes.Of(_insula, pod, "side"));
        await _insula.DeletePodAsync("job");
    }

    [Fact]
    public async Task They_end_after_the_main_containers_the_last_one_first()
    {
        var directory = Directory.CreateTempSubdirectory("insula-sidecar-").FullName;
        try
        {
            File.SetUnixFileMode(directory, (UnixFileMode)0b111_111_111);
            var host = new object[] { new { name = "work", hostPath = new { path = directory } } };
            await _insula.ApplyAsync(Manifests.Pod("ends", "x", container: new { command = new[] { "sh", "-c", Say, "main" }, volumeMounts = Mounts }, spec: new
            {
                volumes = host,
                terminationGracePeriodSeconds = 30,
                initContainers = new object[] { Side("one", Say), Side("two", Say) },
            }));
            await _insula.WaitForReadyAsync("ends");
            (await _insula.CliAsync("delete", "pod", "ends")).Succeeded();
            Assert.Equal("main\ntwo\none\n", await File.ReadAllTextAsync(Path.Combine(directory, "log")));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static object[] Volumes => [new { name = "work", emptyDir = new { } }];

    private static object[] Mounts => [new { name = "work", mountPath = "/work" }];

    private static System.Text.Json.Nodes.JsonObject Side(string name, string script, object? more = null)
    {
        var side = System.Text.Json.JsonSerializer.SerializeToNode(new
        {
            name,
            image = "busybox",
            imagePullPolicy = "IfNotPresent",
            restartPolicy = "Always",
            command = new[] { "sh", "-c", script, name },
            volumeMounts = Mounts,
        })!.AsObject();
        foreach (var (key, value) in more is null ? [] : System.Text.Json.JsonSerializer.SerializeToNode(more)!.AsObject())
        {
            side[key] = value?.DeepClone();
        }

        return side;
    }
}
