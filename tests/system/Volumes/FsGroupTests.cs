using System.Globalization;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Volumes;

/// <summary>The group of a pod's volumes: who may write in them, and that nothing else is changed on the way.</summary>
public sealed class FsGroupTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Volumes_belong_to_the_group_and_host_paths_do_not()
    {
        var host = Host("not-the-pods");
        var before = await HostAsync("stat", "-c", "%u %g %a", host);
        await _insula.ApplyAsync(Manifests.Pod("fsgroup", Manifests.Forever,
            container: new
            {
                volumeMounts = new object[]
                {
                    new { name = "disk", mountPath = "/disk" }, new { name = "memory", mountPath = "/memory" }, new { name = "host", mountPath = "/host" },
                    new { name = "disk", mountPath = "/part", subPath = "part" },
                },
                securityContext = new { runAsUser = 1000, runAsGroup = 1000, capabilities = new { drop = new[] { "ALL" } } },
            },
            spec: new
            {
                securityContext = new { fsGroup = 2345 },
                volumes = new object[] { new { name = "disk", emptyDir = new { } }, new { name = "memory", emptyDir = new { medium = "Memory" } }, new { name = "host", hostPath = new { path = host } } },
            }));
        var pod = await _insula.WaitForReadyAsync("fsgroup");
        Assert.Equal("0 2345 2777\n0 2345 2777\n", await ShAsync("fsgroup", "stat -c '%u %g %a' /disk /memory"));
        Assert.Equal("1000 2345\n1000 2345\n1000 2345\n", await ShAsync("fsgroup", "touch /disk/f /memory/f /part/f; stat -c '%u %g' /disk/f /memory/f /part/f"));
        Assert.Contains("2345", Processes.Status(Processes.MainOf(_insula, pod, "main"), "Groups").Split(' '));
        Assert.Contains(2345, Pods.Container(pod, "main")!["user"]!["linux"]!["supplementalGroups"]!.AsArray().Select(g => (int)g!));
        (await _insula.CliAsync("exec", "fsgroup", "--", "touch", "/host/f")).Failed();
        Assert.Equal(before, await HostAsync("stat", "-c", "%u %g %a", host));
        await _insula.DeletePodAsync("fsgroup");
    }

    [Theory]
    [InlineData("Always", "2345 660", "2345 2770")]
    [InlineData("OnRootMismatch", "2345 600", "2345 2700")]
    [InlineData(null, "2345 600", "2345 2700")]
    public async Task What_a_volume_holds_is_changed_when_asked_and_what_it_points_to_never(string? policy, string file, string directory)
    {
        var name = $"hostile-{policy?.ToLowerInvariant() ?? "unset"}";
        var host = Host("outside");
        await File.WriteAllTextAsync(Path.Combine(host, "secret"), "secret");
        await HostAsync("chmod", "600", Path.Combine(host, "secret"));
        string[] outside = [host, Path.Combine(host, "secret"), "/etc", "/etc/passwd", "/dev/null"];
        var before = await HostAsync("stat", ["-c", "%u %g %a %n", .. outside]);
        const string Hostile =
            """
            cd /disk
            ln -s $OUTSIDE outside; ln -s $OUTSIDE/secret secret; ln -s /etc/passwd passwd; ln -s ../../../../../../../../etc/passwd up; ln -s . loop
            ln -s /proc/self/root root; mkfifo pipe; mknod null c 1 3; chmod 600 null; touch "$(printf 'a\nb\033[2J')"
            mkdir private; chmod 2700 private; echo x > private/file; chmod 600 private/file
            i=0; while [ $i -lt 300 ]; do mkdir d; cd d; i=$((i+1)); done
            touch /disk/ready
            """;
        await _insula.ApplyAsync(Manifests.Pod(name, $"test -e /disk/ready || {{ {Hostile}; }}; {Manifests.Forever}",
            container: new
            {
                volumeMounts = new object[] { new { name = "disk", mountPath = "/disk" } },
                env = new[] { new { name = "OUTSIDE", value = host } },
                securityContext = new { capabilities = new { add = new[] { "MKNOD" } } },
            },
            spec: new { securityContext = new { fsGroup = 2345, fsGroupChangePolicy = policy }, volumes = new object[] { new { name = "disk", emptyDir = new { } } } }));
        var pod = await _insula.WaitForReadyAsync(name);
        await Eventually.TrueAsync(async () => (await _insula.CliAsync("exec", name, "--", "test", "-e", "/disk/ready")).ExitCode == 0, "the volume is filled");

        // The sandbox ends with its shim; the volume stays, and is made ready for the next one.
        var shim = Processes.Status(Processes.MainOf(_insula, pod, "main"), "PPid");
        (await Commands.RunAsync("kill", ["-KILL", shim])).Succeeded();
        pod = await _insula.WaitForPodAsync(name, p => Pods.Restarts(p, "main") == 1 && Pods.IsReady(p), "ready in a new sandbox");
        Assert.Equal($"{file}\n{directory}\n", await ShAsync(name, "stat -c '%g %a' /disk/private/file /disk/private"));
        Assert.Equal("600\n", await ShAsync(name, "stat -c %a /disk/null"));
        Assert.Equal(before, await HostAsync("stat", ["-c", "%u %g %a %n", .. outside]));
        await _insula.DeletePodAsync(name);
    }

    private async Task<string> ShAsync(string pod, string script) => (await _insula.CliAsync("exec", pod, "--", "sh", "-c", script)).Succeeded();

    private static async Task<string> HostAsync(string program, params string[] arguments) => (await Commands.RunAsync(program, arguments)).Succeeded();

    private string Host(string name) => Directory.CreateDirectory(Path.Combine(_insula.Base, "host", string.Create(CultureInfo.InvariantCulture, $"{name}-{Guid.NewGuid():n}"))).FullName;
}
