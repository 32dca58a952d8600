using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Containers;

/// <summary>System call filters from files of the machine, by what they do to a container's calls.</summary>
public sealed class SeccompTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Theory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(1000, false)]
    [InlineData(1000, true)]
    public async Task A_profile_of_the_machine_filters_programs_and_commands(int user, bool escalation)
    {
        Write("profiles/deny.json",
            """
            {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], "flags": ["SECCOMP_FILTER_FLAG_LOG"],
             "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 122},
                          {"names": ["chmod", "fchmodat", "fchmodat2"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 1, "value": 511, "op": "SCMP_CMP_EQ"}, {"index": 2, "value": 511, "op": "SCMP_CMP_EQ"}]},
                          {"names": ["uname"], "action": "SCMP_ACT_KILL_PROCESS"}]}
            """);
        var name = $"deny-{user}-{escalation}".ToLowerInvariant();
        await _insula.ApplyAsync(Manifests.Pod(name, Manifests.Forever, container: new
        {
            securityContext = new { runAsUser = user, allowPrivilegeEscalation = escalation, seccompProfile = new { type = "Localhost", localhostProfile = "profiles/deny.json" } },
        }));
        var pod = await _insula.WaitForReadyAsync(name);
        var pid = Processes.MainOf(_insula, pod, "main");
        Assert.Equal("2", Processes.Status(pid, "Seccomp"));
        Assert.Equal("1", Processes.Status(pid, "Seccomp_filters"));
        Assert.Contains("quota exceeded", (await _insula.CliAsync("exec", name, "--", "mkdir", "/tmp/x")).Failed(), StringComparison.Ordinal);
        var killed = await _insula.CliAsync("exec", name, "--", "uname");
        Assert.Equal(128 + 31, killed.ExitCode);
        (await _insula.CliAsync("exec", name, "--", "id")).Succeeded();

        // What it was started with holds for what is run in it later, whatever becomes of the file.
        File.Delete(Path.Combine(_insula.Root, "seccomp", "profiles/deny.json"));
        Assert.Equal(128 + 31, (await _insula.CliAsync("exec", name, "--", "uname")).ExitCode);
        await _insula.DeletePodAsync(name);
    }

    [Fact]
    public async Task The_container_s_profile_is_over_the_pod_s()
    {
        Write("log.json", """{"defaultAction": "SCMP_ACT_LOG"}""");
        await _insula.ApplyAsync(Manifests.Pod("over", Manifests.Forever,
            container: new { securityContext = new { seccompProfile = new { type = "Unconfined" } } },
            spec: new { securityContext = new { seccompProfile = new { type = "Localhost", localhostProfile = "log.json" } } }));
        var pod = await _insula.WaitForReadyAsync("over");
        Assert.Equal("0", Processes.Status(Processes.MainOf(_insula, pod, "main"), "Seccomp"));
        await _insula.DeletePodAsync("over");
        await _insula.ApplyAsync(Manifests.Pod("under", Manifests.Forever, spec: new { securityContext = new { seccompProfile = new { type = "Localhost", localhostProfile = "log.json" } } }));
        pod = await _insula.WaitForReadyAsync("under");
        Assert.Equal("2", Processes.Status(Processes.MainOf(_insula, pod, "main"), "Seccomp"));
        await _insula.DeletePodAsync("under");
    }

    [Theory]
    [InlineData("missing.json", null, "no such file or directory")]
    [InlineData("empty.json", "", "not JSON")]
    [InlineData("broken.json", "{\"defaultAction\": \"SCMP_ACT_ALLOW\"", "not JSON")]
    [InlineData("action.json", "{\"defaultAction\": \"SCMP_ACT_SOMETIMES\"}", "unknown action")]
    [InlineData("call.json", "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"mkdri\"], \"action\": \"SCMP_ACT_ERRNO\"}]}", "mkdri")]
    public async Task A_profile_that_cannot_be_had_starts_nothing(string file, string? content, string message)
    {
        if (content is not null)
        {
            Write(file, content);
        }

        var name = "bad-" + Path.GetFileNameWithoutExtension(file);
        await _insula.ApplyAsync(Manifests.Pod(name, Manifests.Forever, container: new { securityContext = new { seccompProfile = new { type = "Localhost", localhostProfile = file } } }));
        var pod = await _insula.WaitForPodAsync(name, p => (string?)Pods.Container(p, "main")?["state"]?["waiting"]?["reason"] == "CreateContainerError", "CreateContainerError");
        var told = (string)Pods.Container(pod, "main")!["state"]!["waiting"]!["message"]!;
        Assert.Contains($"cannot load seccomp profile \"{_insula.Root}/seccomp/{file}\"", told, StringComparison.Ordinal);
        Assert.Contains(message, told, StringComparison.Ordinal);
        Assert.Contains(message, (await _insula.CliAsync("events", "--for", $"pod/{name}")).Succeeded(), StringComparison.Ordinal);
        Assert.Empty(Processes.Of(_insula, pod, "main"));

        // The file comes, and the pod with it.
        Write(file, """{"defaultAction": "SCMP_ACT_ALLOW"}""");
        await _insula.WaitForReadyAsync(name);
        await _insula.DeletePodAsync(name);
    }

    [Theory]
    [InlineData("ERRNO")]
    [InlineData("KILL_PROCESS")]
    public async Task A_profile_that_allows_nothing_is_said_and_leaves_no_process(string action)
    {
        Write("nothing.json", $$"""{"defaultAction": "SCMP_ACT_{{action}}"}""");
        var name = "nothing-" + action.Replace('_', '-').ToLowerInvariant();
        await _insula.ApplyAsync(Manifests.Pod(name, "true",
            container: new { securityContext = new { seccompProfile = new { type = "Localhost", localhostProfile = "nothing.json" } } }, spec: new { restartPolicy = "Never" }));
        var pod = await _insula.WaitForPodAsync(name, p => Pods.Phase(p) == "Failed", "Failed");
        Assert.Contains("does not let its program be executed", (string)Pods.Container(pod, "main")!["state"]!["terminated"]!["message"]!, StringComparison.Ordinal);
        await _insula.DeletePodAsync(name);
    }

    private void Write(string file, string content)
    {
        var path = Path.Combine(_insula.Root, "seccomp", file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }
}
