using System.Globalization;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Security;

/// <summary>Pods with <c>hostUsers: false</c>: who they are inside and outside, what their root can do, and that all the rest works as ever.</summary>
public sealed class UserNamespaceTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private const uint PerPod = 65536;

    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Root_inside_is_somebody_else_outside_and_no_two_pods_share_an_id()
    {
        await _insula.ApplyAsync(Pod("who", Manifests.Forever));
        await _insula.ApplyAsync(Pod("other", Manifests.Forever, container: new { securityContext = new { runAsUser = 1000, runAsGroup = 2000 } }));
        await _insula.ApplyAsync(Manifests.Pod("host", Manifests.Forever, spec: new { hostUsers = true }));
        var pid = Processes.MainOf(_insula, await _insula.WaitForReadyAsync("who"), "main");
        var other = Processes.MainOf(_insula, await _insula.WaitForReadyAsync("other"), "main");
        var host = Processes.MainOf(_insula, await _insula.WaitForReadyAsync("host"), "main");
        var (first, second) = (FirstOf(pid), FirstOf(other));
        Assert.Equal(0u, FirstOf(host));
        Assert.True(first >= PerPod && second >= PerPod);
        Assert.True(first + PerPod <= second || second + PerPod <= first, $"{first} and {second} overlap");
        Assert.Equal(Enumerable.Repeat(first, 4), Ids(pid, "Uid"));
        Assert.Equal(Enumerable.Repeat(first, 4), Ids(pid, "Gid"));
        Assert.Equal(Enumerable.Repeat(second + 1000, 4), Ids(other, "Uid"));
        Assert.Equal(Enumerable.Repeat(second + 2000, 4), Ids(other, "Gid"));

        Assert.Equal("0 0", await ShAsync("who", "echo $(id -u) $(id -g)"));
        Assert.Equal("1000 2000", await ShAsync("other", "echo $(id -u) $(id -g)"));
        Assert.Equal($"0 {first} {PerPod}", await ShAsync("who", "echo $(cat /proc/self/uid_map)"));
        Assert.Equal("0:0 0:0 0:0 0:0 0:0", await ShAsync("who", "echo $(stat -c %u:%g / /bin/sh /etc/hosts /etc/resolv.conf /dev)"));
        Assert.Contains("who", await ShAsync("who", "cat /etc/hosts /etc/hostname"), StringComparison.Ordinal);

        // Every namespace but the host's own ones belongs to the user namespace.
        foreach (var name in (string[])["user", "net", "ipc", "uts", "mnt", "pid", "cgroup"])
        {
            Assert.NotEqual(File.ResolveLinkTarget($"/proc/{host}/ns/{name}", false)!.Name, File.ResolveLinkTarget($"/proc/{pid}/ns/{name}", false)!.Name);
        }

        await DeleteAsync("who", "other", "host");
    }

    [Fact]
    public async Task Files_have_the_owners_of_the_inside_inside_and_on_the_disk()
    {
        var host = Directory.CreateDirectory(Path.Combine(_insula.Base, "owned")).FullName;
        await File.WriteAllTextAsync(Path.Combine(host, "root"), "root's");
        await File.WriteAllTextAsync(Path.Combine(host, "web"), "web's");
        File.SetUnixFileMode(Path.Combine(host, "root"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await Commands.RunAsync("chown", ["33:34", Path.Combine(host, "web")])).Succeeded();
        await _insula.ApplyAsync(Pod(
            "owners", Manifests.Forever,
            container: new
            {
                volumeMounts = new object[]
                {
                    new { name = "disk", mountPath = "/disk" }, new { name = "disk", mountPath = "/part", subPath = "a/b" },
                    new { name = "memory", mountPath = "/memory" }, new { name = "memory", mountPath = "/memory-part", subPath = "c" },
                    new { name = "host", mountPath = "/host" }, new { name = "file", mountPath = "/made/deep/file", readOnly = true },
                },
            },
            spec: new
            {
                volumes = new object[]
                {
                    new { name = "disk", emptyDir = new { } }, new { name = "memory", emptyDir = new { medium = "Memory" } },
                    new { name = "host", hostPath = new { path = host } }, new { name = "file", hostPath = new { path = Path.Combine(host, "root"), type = "File" } },
                },
            }));
        var pod = await _insula.WaitForReadyAsync("owners");
        var first = FirstOf(Processes.MainOf(_insula, pod, "main"));
        Assert.Equal(
            "0:0 0:0 0:0 0:0 0:0 0:0 33:34 0:0 0:0",
            await ShAsync("owners", "echo $(stat -c %u:%g /disk /part /memory /memory-part /host /host/root /host/web /made/deep /made/deep/file)"));
        Assert.Equal("root's", await ShAsync("owners", "cat /host/root"));
        await ShAsync("owners", "for d in /disk /part /memory /memory-part /host; do echo x > $d/new; echo x > $d/given; chown 33:34 $d/given; done; mkdir /root/made");
        Assert.Equal("0:0 33:34 0:0 33:34", await ShAsync("owners", "echo $(stat -c %u:%g /part/new /memory-part/given /host/new /disk/given)"));

        // On the disk the manifest's ids, so that what is kept is kept for the next pod, whichever ids that has; in the writable layer and in memory, the pod's.
        Assert.Equal((0u, 0u), await OwnerAsync(Path.Combine(host, "new")));
        Assert.Equal((33u, 34u), await OwnerAsync(Path.Combine(host, "given")));
        var own = Path.Combine(_insula.Root, "pods", Pods.Uid(pod));
        Assert.Equal((33u, 34u), await OwnerAsync(Path.Combine(own, "volumes/disk/a/b/given")));
        Assert.Equal((first, first), await OwnerAsync(Path.Combine(own, "containers/main.0/upper/root/made")));
        await DeleteAsync("owners");
        Assert.Equal("root's", await File.ReadAllTextAsync(Path.Combine(host, "root")));
    }

    [Fact]
    public async Task A_group_of_the_inside_owns_the_volumes()
    {
        await _insula.ApplyAsync(Pod(
            "group", Manifests.Forever,
            container: new { volumeMounts = new object[] { new { name = "disk", mountPath = "/disk" }, new { name = "memory", mountPath = "/memory" } } },
            spec: new
            {
                securityContext = new { runAsUser = 1000, runAsGroup = 1000, fsGroup = 2000 },
                volumes = new object[] { new { name = "disk", emptyDir = new { } }, new { name = "memory", emptyDir = new { medium = "Memory" } } },
            }));
        await _insula.WaitForReadyAsync("group");
        Assert.Equal("0:2000 0:2000", await ShAsync("group", "echo $(stat -c %u:%g /disk /memory)"));
        Assert.Equal("1000:2000 1000:2000", await ShAsync("group", "touch /disk/new /memory/new; echo $(stat -c %u:%g /disk/new /memory/new)"));
        await DeleteAsync("group");
    }

    [Fact]
    public async Task Sysctls_are_those_of_its_namespaces()
    {
        object Sysctl(string name, string value) => new { name, value };
        await _insula.ApplyAsync(Pod(
            "sysctls", Manifests.Forever,
            spec: new { securityContext = new { sysctls = new[] { Sysctl("net.ipv4.ping_group_range", "0 2147483647"), Sysctl("net.ipv4.ip_local_port_range", "40000 50000"), Sysctl("kernel.shm_rmid_forced", "1") } } }));
        await _insula.WaitForReadyAsync("sysctls");
        Assert.Equal("0 65535 40000 50000 1", await ShAsync("sysctls", "echo $(cat /proc/sys/net/ipv4/ping_group_range /proc/sys/net/ipv4/ip_local_port_range /proc/sys/kernel/shm_rmid_forced)"));
        await DeleteAsync("sysctls");
    }

    [Fact]
    public async Task Its_capabilities_act_on_the_pod_and_on_nothing_of_the_host()
    {
        var host = Directory.CreateDirectory(Path.Combine(_insula.Base, "locked")).FullName;
        await File.WriteAllTextAsync(Path.Combine(host, "secret"), "secret");
        (await Commands.RunAsync("mknod", ["-m", "666", Path.Combine(host, "zero"), "c", "1", "5"])).Succeeded();
        var links = await Leaks.LinksAsync(_insula);
        var hostname = await File.ReadAllTextAsync("/proc/sys/kernel/hostname");
        var swappiness = await File.ReadAllTextAsync("/proc/sys/vm/swappiness");
        var volumes = new
        {
            volumes = new[] { new { name = "host", hostPath = new { path = host } } },
        };
        var readOnly = new[] { new { name = "host", mountPath = "/host", readOnly = true } };
        await _insula.ApplyAsync(Pod("netadmin", Manifests.Forever, container: new { securityContext = new { capabilities = new { add = new[] { "NET_ADMIN", "SYS_ADMIN" } } }, volumeMounts = readOnly }, spec: volumes));
        await _insula.ApplyAsync(Pod("privileged", Manifests.Forever, container: new { securityContext = new { privileged = true }, volumeMounts = readOnly }, spec: volumes));
        foreach (var pod in (string[])["netadmin", "privileged"])
        {
            await _insula.WaitForReadyAsync(pod);
            await ShAsync(pod, "ip link add test0 type veth peer name test1 && ip link set test0 up && ip addr add 192.0.2.1/24 dev test0");
            await ShAsync(pod, "mkdir /t && mount -t tmpfs t /t && touch /t/x && umount /t; hostname inside");
            Assert.Equal("inside", await ShAsync(pod, "hostname"));
            foreach (var command in (string[])
            [
                "mount -o remount,bind,rw /host", "umount /host", "touch /host/x", "umount /sys/firmware", "echo 1 > /proc/sys/vm/swappiness",
                "mount -t ext4 /dev/vda /mnt", "mknod /tmp/n c 1 5", "head -c 1 /host/zero", "head -c 1 /dev/vda", "echo 1 > /sys/kernel/mm/ksm/run", "mkdir $(awk '$3 ~ /^cgroup/ { print $2; exit }' /proc/mounts)/x", "chroot /proc/1/root true && cat /proc/2/root/etc/shadow",
            ])
            {
                Assert.True((await _insula.CliAsync("exec", pod, "--", "sh", "-c", command)).ExitCode != 0, $"{pod}: {command}");
            }
        }

        // All of them, also those that the daemon itself runs without.
        Assert.Equal("000001ffffffffff", Processes.Status(Processes.MainOf(_insula, await _insula.WaitForReadyAsync("privileged"), "main"), "CapEff"));
        Assert.Equal(hostname, await File.ReadAllTextAsync("/proc/sys/kernel/hostname"));
        Assert.Equal(swappiness, await File.ReadAllTextAsync("/proc/sys/vm/swappiness"));
        Assert.DoesNotContain(File.ReadLines("/proc/self/mountinfo"), line => line.Split(' ')[4] == "/t");
        Assert.DoesNotContain(await Leaks.LinksAsync(_insula), name => name.StartsWith("test", StringComparison.Ordinal));
        await DeleteAsync("netadmin", "privileged");
        Assert.Equal(links, await Leaks.LinksAsync(_insula));
        Assert.Equal(["secret", "zero"], Directory.EnumerateFileSystemEntries(host).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Probes_logs_last_words_and_restarts_work_as_ever()
    {
        await _insula.ApplyAsync(Pod(
            "life",
            "echo started; touch /tmp/up; httpd -p 8080 -h /tmp; trap 'echo stopped; echo last words > /dev/termination-log; exit 3' TERM; while true; do sleep 3600 & wait $!; done",
            container: new
            {
                readinessProbe = new { exec = new { command = new[] { "test", "-f", "/tmp/up" } }, periodSeconds = 1 },
                livenessProbe = new { httpGet = new { path = "/up", port = 8080 }, periodSeconds = 1 },
            }));
        var pod = await _insula.WaitForReadyAsync("life");
        Assert.Equal("started\n", (await _insula.CliAsync("logs", "life")).Succeeded());
        // The end of PID 1 may overtake the command that asked for it.
        await _insula.CliAsync("exec", "life", "--", "kill", "-TERM", "1");
        pod = await _insula.WaitForPodAsync("life", p => Pods.Restarts(p, "main") == 1 && Pods.IsReady(p), "restarted and Ready");
        var ended = Pods.Container(pod, "main")!["lastState"]!["terminated"]!;
        Assert.Equal((3, "last words\n"), ((int)ended["exitCode"]!, (string)ended["message"]!));
        Assert.Equal("started\nstopped\n", (await _insula.CliAsync("logs", "life", "-p")).Succeeded());
        Assert.Equal(0u, FirstOf(Processes.MainOf(_insula, pod, "main")) % PerPod);
        Assert.Equal("again", await ShAsync("life", "echo again > /proc/1/fd/1; echo again"));
        await Eventually.TrueAsync(async () => (await _insula.CliAsync("logs", "life")).Succeeded().EndsWith("again\n", StringComparison.Ordinal), "the line that was written to PID 1's output is logged");
        await DeleteAsync("life");
    }

    [Fact]
    public async Task Containers_share_their_processes_and_ids()
    {
        await _insula.ApplyAsync(Pod(
            "shared", Manifests.Forever,
            spec: new
            {
                shareProcessNamespace = true,
                containers = new object[]
                {
                    new { name = "main", image = "busybox", command = new[] { "sh", "-c", Manifests.Forever } },
                    new { name = "peer", image = "busybox", command = new[] { "sleep", "4242" }, securityContext = new { runAsUser = 4000 } },
                },
            }));
        var pod = await _insula.WaitForReadyAsync("shared");
        Assert.Equal(FirstOf(Processes.MainOf(_insula, pod, "main")), FirstOf(Processes.MainOf(_insula, pod, "peer")));
        Assert.Contains("4000 sleep 4242\n", await ShAsync("shared", "ps -o user,args | tr -s ' '"), StringComparison.Ordinal);
        await ShAsync("shared", "kill $(ps -o pid,args | awk '/[s]leep 4242/ { print $1 }')");
        await _insula.WaitForPodAsync("shared", p => Pods.Restarts(p, "peer") == 1 && Pods.IsReady(p), "the peer is restarted");
        await DeleteAsync("shared");
    }

    [Fact]
    public async Task What_cannot_be_is_refused_by_name()
    {
        foreach (var (field, value) in new[] { ("hostNetwork", true), ("hostPID", true), ("hostIPC", true) })
        {
            var manifest = JsonNode.Parse(Pod("refused", "true"))!;
            manifest["spec"]![field] = value;
            Assert.Contains($"spec.{field}: Forbidden: when `hostUsers` is false", (await _insula.CliWithInputAsync(manifest.ToJsonString(), "apply", "-f", "-")).Failed(), StringComparison.Ordinal);
        }

        await _insula.ApplyAsync(Pod("high", "true", container: new { securityContext = new { runAsUser = 65536 } }));
        Assert.Contains("with hostUsers: false ids go from 0 to 65535", await MessageAsync("high", "CreateContainerConfigError"), StringComparison.Ordinal);
        await _insula.ApplyAsync(Pod("high-group", "true", spec: new { securityContext = new { fsGroup = 65536 } }));
        await Eventually.GetAsync(
            async () => (await _insula.CliAsync("events", "--for", "pod/high-group")).Succeeded(),
            text => text.Contains("fsGroup 65536 does not exist in a user namespace", StringComparison.Ordinal), "an event says that there is no such group");
        await _insula.ApplyAsync(Pod(
            "unmapped", "true",
            container: new { volumeMounts = new[] { new { name = "odd", mountPath = "/odd/" } } },
            spec: new { volumes = new[] { new { name = "odd", hostPath = new { path = "/proc/sys" } } } }));
        Assert.Contains("volume \"odd\" cannot be used with hostUsers: false", await MessageAsync("unmapped", null), StringComparison.Ordinal);
        await DeleteAsync("high", "high-group", "unmapped");
    }

    [Fact]
    public async Task System_check_says_that_it_works()
    {
        var checks = (await _insula.CliAsync("system", "check")).Output;
        Assert.Contains(checks.Split('\n'), line => line.Contains("pods' user namespaces", StringComparison.Ordinal) && line.Contains("ids 1879048192:268435456 (the default)", StringComparison.Ordinal));
    }

    internal static string Pod(string name, string script, object? container = null, object? spec = null)
    {
        var manifest = JsonNode.Parse(Manifests.Pod(name, script, container, spec))!;
        manifest["spec"]!["hostUsers"] = false;
        return manifest.ToJsonString();
    }

    /// <summary>The id outside that is root in a process's user namespace.</summary>
    internal static uint FirstOf(int pid) =>
        uint.Parse(File.ReadAllText($"/proc/{pid}/uid_map").Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    private static IEnumerable<uint> Ids(int pid, string field) =>
        Processes.Status(pid, field).Split('\t').Select(id => uint.Parse(id, CultureInfo.InvariantCulture));

    private static async Task<(uint Uid, uint Gid)> OwnerAsync(string path)
    {
        var ids = (await Commands.RunAsync("stat", ["-c", "%u %g", path])).Succeeded().Trim().Split(' ');
        return (uint.Parse(ids[0], CultureInfo.InvariantCulture), uint.Parse(ids[1], CultureInfo.InvariantCulture));
    }

    private async Task<string> MessageAsync(string pod, string? reason)
    {
        var seen = await _insula.WaitForPodAsync(
            pod,
            p => Pods.Container(p, "main")?["state"]?["waiting"] is { } waiting && (string?)waiting["message"] is { Length: > 0 } && (reason is null || (string?)waiting["reason"] == reason),
            $"waits with a message ({reason})");
        return (string)Pods.Container(seen, "main")!["state"]!["waiting"]!["message"]!;
    }

    private async Task<string> ShAsync(string pod, string command) =>
        (await _insula.CliAsync("exec", pod, "--", "sh", "-c", command)).Succeeded().Trim();

    private async Task DeleteAsync(params string[] pods)
    {
        foreach (var pod in pods)
        {
            await _insula.DeletePodAsync(pod);
        }
    }
}
