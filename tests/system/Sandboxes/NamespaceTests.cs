using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Sandboxes;

/// <summary>Which namespaces the containers of a pod share, and which are their own.</summary>
public sealed class NamespaceTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Containers_share_net_ipc_and_uts_and_have_mnt_pid_and_cgroup_of_their_own()
    {
        await _insula.ApplyAsync(Two("shares", new { }));
        var pod = await _insula.WaitForReadyAsync("shares");
        var (one, two) = (Processes.MainOf(_insula, pod, "one"), Processes.MainOf(_insula, pod, "two"));
        foreach (var kind in (string[])["net", "ipc", "uts"])
        {
            Assert.Equal(Of(one, kind), Of(two, kind));
            Assert.NotEqual(Of(Environment.ProcessId, kind), Of(one, kind));
        }

        foreach (var kind in (string[])["mnt", "pid", "cgroup"])
        {
            Assert.NotEqual(Of(one, kind), Of(two, kind));
            Assert.NotEqual(Of(Environment.ProcessId, kind), Of(one, kind));
        }

        Assert.Equal("shares", (await _insula.CliAsync("exec", "shares", "-c", "two", "--", "hostname")).Succeeded().Trim());
        var visible = (await _insula.CliAsync("exec", "shares", "-c", "one", "--", "ps")).Succeeded();
        Assert.DoesNotContain("insula-shim", visible, StringComparison.Ordinal);
        await _insula.DeletePodAsync("shares");
    }

    [Fact]
    public async Task ShareProcessNamespace_shows_all_processes_and_hides_the_shim()
    {
        await _insula.ApplyAsync(Two("together", new { shareProcessNamespace = true }));
        var pod = await _insula.WaitForReadyAsync("together");
        Assert.Equal(Of(Processes.MainOf(_insula, pod, "one"), "pid"), Of(Processes.MainOf(_insula, pod, "two"), "pid"));
        var visible = (await _insula.CliAsync("exec", "together", "-c", "one", "--", "ps", "-o", "pid,args")).Succeeded();
        Assert.Contains("marker-one", visible, StringComparison.Ordinal);
        Assert.Contains("marker-two", visible, StringComparison.Ordinal);
        Assert.DoesNotContain("supervise", visible, StringComparison.Ordinal);
        // PID 1 is nobody's container: killing one container leaves the others and the namespace.
        await Processes.KillAsync(_insula, pod, "one");
        await _insula.WaitForPodAsync("together", p => Pods.Restarts(p, "one") == 1 && Pods.IsReady(p), "one came back");
        Assert.Equal(0, Pods.Restarts((await _insula.Api.FindPodAsync("together"))!, "two"));
        await _insula.DeletePodAsync("together");
    }

    [Fact]
    public async Task Host_namespaces_are_the_host_s()
    {
        await _insula.ApplyAsync(Manifests.Pod("host", Manifests.Forever, spec: new { hostNetwork = true, hostPID = true, hostIPC = true }));
        var pod = await _insula.WaitForReadyAsync("host");
        var main = Processes.MainOf(_insula, pod, "main");
        foreach (var kind in (string[])["pid", "ipc"])
        {
            Assert.Equal(Of(Environment.ProcessId, kind), Of(main, kind));
        }

        Assert.Equal(Of(_insula.DaemonPid, "net"), Of(main, "net"));
        await _insula.DeletePodAsync("host");
    }

    [Fact]
    public async Task Hosts_resolv_conf_and_hostname_are_the_pod_s()
    {
        await _insula.ApplyAsync(Manifests.Pod("names", Manifests.Forever, spec: new
        {
            hostname = "given",
            hostAliases = new[] { new { ip = "192.0.2.7", hostnames = new[] { "friend.example" } } },
            dnsPolicy = "None",
            dnsConfig = new { nameservers = new[] { "192.0.2.53" }, searches = new[] { "corp.example" }, options = new[] { new { name = "ndots", value = "2" } } },
        }));
        var pod = await _insula.WaitForReadyAsync("names");
        Assert.Equal("given", (await _insula.CliAsync("exec", "names", "--", "hostname")).Succeeded().Trim());
        var hosts = (await _insula.CliAsync("exec", "names", "--", "cat", "/etc/hosts")).Succeeded();
        Assert.Contains("192.0.2.7\tfriend.example", hosts, StringComparison.Ordinal);
        Assert.Contains($"{Pods.Address(pod)}\tgiven", hosts, StringComparison.Ordinal);
        var resolver = (await _insula.CliAsync("exec", "names", "--", "cat", "/etc/resolv.conf")).Succeeded();
        Assert.Equal(["nameserver 192.0.2.53", "options ndots:2", "search corp.example"], resolver.Trim().Split('\n').Order(StringComparer.Ordinal));
        await _insula.DeletePodAsync("names");
    }

    [Fact]
    public async Task Memory_volumes_outlive_a_container_s_restart_and_are_shared()
    {
        await _insula.ApplyAsync(
            """
            apiVersion: v1
            kind: Pod
            metadata: { name: volumes }
            spec:
              terminationGracePeriodSeconds: 2
              containers:
                - name: one
                  image: busybox
                  imagePullPolicy: IfNotPresent
                  command: [sh, -c, "date +%s%N >> /memory/starts; date +%s%N >> /disk/starts; trap 'exit 0' TERM; while true; do sleep 3600 & wait $!; done"]
                  volumeMounts: [{ name: memory, mountPath: /memory }, { name: disk, mountPath: /disk }]
                - name: two
                  image: busybox
                  imagePullPolicy: IfNotPresent
                  command: [sh, -c, "trap 'exit 0' TERM; while true; do sleep 3600 & wait $!; done"]
                  volumeMounts: [{ name: memory, mountPath: /memory, readOnly: true }, { name: disk, mountPath: /disk }]
              volumes:
                - { name: memory, emptyDir: { medium: Memory, sizeLimit: 1Mi } }
                - { name: disk, emptyDir: {} }
            """);
        var pod = await _insula.WaitForReadyAsync("volumes");
        await StartsAsync(1);
        await Processes.KillAsync(_insula, pod, "one");
        await _insula.WaitForPodAsync("volumes", p => Pods.Restarts(p, "one") == 1 && Pods.IsReady(p), "restarted");
        await StartsAsync(2);

        (await _insula.CliAsync("exec", "volumes", "-c", "two", "--", "touch", "/memory/x")).Failed();
        (await _insula.CliAsync("exec", "volumes", "-c", "one", "--", "dd", "if=/dev/zero", "of=/memory/big", "bs=64k", "count=64")).Failed();
        await _insula.DeletePodAsync("volumes");

        // A container that has started has not yet written.
        async Task StartsAsync(int count)
        {
            foreach (var volume in (string[])["memory", "disk"])
            {
                await Eventually.TrueAsync(
                    async () => (await _insula.CliAsync("exec", "volumes", "-c", "two", "--", "wc", "-l", $"/{volume}/starts")).Output.StartsWith($"{count} ", StringComparison.Ordinal),
                    $"the {volume} volume has the lines of {count} starts");
            }
        }
    }

    private static string Two(string name, object spec)
    {
        var pod = System.Text.Json.Nodes.JsonNode.Parse(Manifests.Pod(name, "", spec: spec))!;
        pod["spec"]!["containers"] = new System.Text.Json.Nodes.JsonArray(Container("one"), Container("two"));
        return pod.ToJsonString();

        static System.Text.Json.Nodes.JsonNode Container(string name) => new System.Text.Json.Nodes.JsonObject
        {
            ["name"] = name,
            ["image"] = "busybox",
            ["imagePullPolicy"] = "IfNotPresent",
            ["command"] = new System.Text.Json.Nodes.JsonArray("sh", "-c", $": marker-{name}; {Manifests.Forever}"),
        };
    }

    private static string? Of(int pid, string kind) => new FileInfo($"/proc/{pid}/ns/{kind}").LinkTarget;
}
