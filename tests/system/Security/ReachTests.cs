using System.Text.RegularExpressions;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Security;

/// <summary>How far an intruder gets who was given a namespace of the host, or the other processes of its pod.</summary>
public sealed class ReachTests(ReachTests.Fixture fixture) : IClassFixture<ReachTests.Fixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task A_pod_on_the_host_s_network_reaches_none_of_our_sockets()
    {
        await _insula.ApplyAsync(Manifests.Pod("others", Manifests.Forever));
        await _insula.WaitForReadyAsync("others");
        // The host's /tmp is where programs leave sockets that they do not mean for others.
        await _insula.ApplyAsync(Manifests.Pod(
            "scan", "",
            container: new { image = "intruder", command = new[] { "intruder", "unix-sockets" }, volumeMounts = new[] { new { name = "tmp", mountPath = "/tmp" } } },
            spec: new { hostNetwork = true, restartPolicy = "Never", volumes = new[] { new { name = "tmp", hostPath = new { path = "/tmp" } } } }));
        var sockets = Intruder.Read(await OutputAsync("scan"));
        foreach (var own in (string[])["insula.sock", "read-only.sock", "shim.sock"])
        {
            Assert.Contains(sockets, s => s.Name.Contains(own, StringComparison.Ordinal));
        }

        Assert.DoesNotContain(sockets, s => s.Result == "ok");
        Assert.DoesNotContain(sockets, s => s.Name.Contains(" @", StringComparison.Ordinal));
        await _insula.DeletePodAsync("scan");
        await _insula.DeletePodAsync("others");
    }

    [Fact]
    public async Task A_pod_s_processes_lead_to_nothing_of_the_host_even_for_a_tracer()
    {
        // Above it, every root of a container ends; on the host this is a file.
        var secret = Path.Combine(_insula.Base, "secret");
        await File.WriteAllTextAsync(secret, "of the host");
        await _insula.ApplyAsync(
            $$$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: tracer}
            spec:
              shareProcessNamespace: true
              terminationGracePeriodSeconds: 1
              containers:
              - name: main
                image: intruder
                imagePullPolicy: IfNotPresent
                command: [sh, -c, "{{{Manifests.Forever}}}"]
                securityContext: {capabilities: {add: [SYS_PTRACE]}}
              - name: other
                image: busybox
                imagePullPolicy: IfNotPresent
                command: [sh, -c, "{{{Manifests.Forever}}}"]
            """);
        await _insula.WaitForReadyAsync("tracer");
        await using var exec = RunningCommand.Insula(_insula, "exec", "tracer", "-c", "other", "--", "sleep", "3600");
        await Eventually.TrueAsync(
            async () => (await _insula.CliAsync("exec", "tracer", "-c", "main", "--", "ps")).Succeeded().Contains("sleep 3600", StringComparison.Ordinal), "the command runs");

        var seen = Intruder.Read((await _insula.CliAsync("exec", "tracer", "-c", "main", "--", "intruder", "processes", secret)).Succeeded())
            .Select(line => (line.Result, Words: line.Name.Split(' ', 4))).ToList();
        var names = seen.Select(s => s.Words[1]).ToHashSet();
        Assert.Superset(new HashSet<string> { "pod-init", "insula-exec", "sleep", "sh" }, names);
        Assert.DoesNotContain("insula-shim", names);
        Assert.Contains(seen, s => s.Result == "ok" && s.Words[2] == "ns/mnt");
        Assert.Empty(seen.Where(s => s.Result == "ok" && s.Words[3] == secret).Select(s => string.Join(' ', s.Words)));

        // Ours hold nothing that leads anywhere: streams, words to the shim, and while a command begins the files by which it
        // moves into a cgroup of its own container.
        Assert.Empty(seen
            .Where(s => s.Words[1] is "pod-init" or "insula-exec" && s.Words[2].StartsWith("fd/", StringComparison.Ordinal) && s.Result == "ok")
            .Where(s => !Regex.IsMatch(s.Words[3], "^((pipe|socket|anon_inode):.*|(/dev)?/null|/sys/fs/cgroup/.*/(tasks|cgroup.procs))$"))
            .Select(s => string.Join(' ', s.Words)));

        // Without a user namespace of its own, the user namespace is the one that a pod shares with the host.
        foreach (var kind in (string[])["mnt", "net", "ipc", "uts", "pid"])
        {
            var host = new FileInfo($"/proc/{_insula.DaemonPid}/ns/{kind}").LinkTarget;
            Assert.DoesNotContain(seen, s => s.Words[2] == $"ns/{kind}" && s.Words[3] == host);
        }

        Assert.DoesNotContain(".sock", (await _insula.CliAsync("exec", "tracer", "-c", "other", "--", "cat", "/proc/1/net/unix")).Succeeded(), StringComparison.Ordinal);
        await _insula.DeletePodAsync("tracer");
    }

    private async Task<string> OutputAsync(string pod)
    {
        await _insula.WaitForPodAsync(pod, p => Pods.Phase(p) is "Succeeded" or "Failed", "has ended");
        return (await _insula.CliAsync("logs", pod)).Succeeded();
    }

    public sealed class Fixture : InstanceFixture
    {
        private readonly string _readOnly = $"/var/tmp/insula-test-{Guid.NewGuid():n}.read-only.sock";

        protected override InstanceSetup Setup => new() { Config = $"read-only-socket: {_readOnly}\n" };

        protected override string[] Images => ["busybox", "intruder"];
    }
}
