using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Containers;

/// <summary>Who a container is, and what it may do, as the kernel shows it.</summary>
public sealed class SecurityTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Defaults_are_safe()
    {
        await _insula.ApplyAsync(Manifests.Pod("defaults", Manifests.Forever));
        var pod = await _insula.WaitForReadyAsync("defaults");
        var pid = Processes.MainOf(_insula, pod, "main");
        Assert.Equal("2", Processes.Status(pid, "Seccomp"));
        Assert.Equal(["0", "1", "2"], Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd").Select(Path.GetFileName).Order(StringComparer.Ordinal));

        await FailsAsync("mount", "-t", "tmpfs", "none", "/tmp");
        await FailsAsync("sh", "-c", "echo 1 > /proc/sys/kernel/panic");
        await FailsAsync("sh", "-c", "mkdir /sys/fs/cgroup/x");
        await FailsAsync("unshare", "-U", "true");
        await FailsAsync("sh", "-c", "mknod /tmp/disk b 254 0 && cat /tmp/disk");
        Assert.Equal("", (await _insula.CliAsync("exec", "defaults", "--", "cat", "/proc/kcore")).Output);
        Assert.Equal("", (await _insula.CliAsync("exec", "defaults", "--", "ls", "/proc/scsi")).Output);
        await _insula.DeletePodAsync("defaults");

        async Task FailsAsync(params string[] command) =>
            (await _insula.CliAsync(["exec", "defaults", "--", .. command])).Failed();
    }

    [Fact]
    public async Task Files_of_the_pod_cannot_grow()
    {
        await _insula.ApplyAsync(Manifests.Pod("files", Manifests.Forever));
        await _insula.WaitForReadyAsync("files");
        foreach (var file in (string[])["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"])
        {
            Assert.Contains("Read-only file system", (await _insula.CliAsync("exec", "files", "--", "sh", "-c", $"echo more >>{file}")).Failed(), StringComparison.Ordinal);
        }

        await _insula.DeletePodAsync("files");
    }

    [Fact]
    public async Task Identity_is_what_the_manifest_says()
    {
        await _insula.ApplyAsync(Manifests.Pod(
            "identity", Manifests.Forever,
            container: new { securityContext = new { runAsUser = 1234, allowPrivilegeEscalation = false, readOnlyRootFilesystem = true, capabilities = new { drop = new[] { "ALL" } } } },
            spec: new { securityContext = new { runAsGroup = 2345, supplementalGroups = new[] { 3456 }, runAsNonRoot = true } }));
        var pod = await _insula.WaitForReadyAsync("identity");
        var pid = Processes.MainOf(_insula, pod, "main");
        Assert.Equal("1234\t1234\t1234\t1234", Processes.Status(pid, "Uid"));
        Assert.Equal("2345\t2345\t2345\t2345", Processes.Status(pid, "Gid"));
        Assert.Contains("3456", Processes.Status(pid, "Groups"), StringComparison.Ordinal);
        Assert.Equal("0000000000000000", Processes.Status(pid, "CapBnd"));
        Assert.Equal("1", Processes.Status(pid, "NoNewPrivs"));
        Assert.Equal("uid=1234 gid=2345", (await _insula.CliAsync("exec", "identity", "--", "id")).Succeeded().Split(" groups")[0].Trim());
        (await _insula.CliAsync("exec", "identity", "--", "touch", "/x")).Failed();
        await _insula.DeletePodAsync("identity");
    }

    [Fact]
    public async Task RunAsNonRoot_refuses_root()
    {
        await _insula.ApplyAsync(Manifests.Pod("nonroot", Manifests.Forever, spec: new { securityContext = new { runAsNonRoot = true } }));
        var pod = await _insula.WaitForPodAsync(
            "nonroot", p => (string?)Pods.Container(p, "main")?["state"]?["waiting"]?["reason"] == "CreateContainerConfigError", "CreateContainerConfigError");
        Assert.Contains("runAsNonRoot", (string?)Pods.Container(pod, "main")!["state"]!["waiting"]!["message"], StringComparison.Ordinal);
        await _insula.DeletePodAsync("nonroot");
    }

    [Fact]
    public async Task Added_capabilities_and_privileged()
    {
        await _insula.ApplyAsync(Manifests.Pod("added", Manifests.Forever, container: new { securityContext = new { capabilities = new { add = new[] { "NET_ADMIN" }, drop = new[] { "ALL" } } } }));
        await _insula.ApplyAsync(Manifests.Pod("privileged", Manifests.Forever, container: new { securityContext = new { privileged = true } }));
        var pod = await _insula.WaitForReadyAsync("added");
        Assert.Equal("0000000000001000", Processes.Status(Processes.MainOf(_insula, pod, "main"), "CapEff"));
        pod = await _insula.WaitForReadyAsync("privileged");
        var pid = Processes.MainOf(_insula, pod, "main");
        Assert.Equal(Processes.Status(_insula.DaemonPid, "CapEff"), Processes.Status(pid, "CapEff"));
        Assert.Equal("0", Processes.Status(pid, "Seccomp"));
        (await _insula.CliAsync("exec", "privileged", "--", "mount", "-t", "tmpfs", "none", "/tmp")).Succeeded();
        await _insula.DeletePodAsync("added");
        await _insula.DeletePodAsync("privileged");
    }
}
