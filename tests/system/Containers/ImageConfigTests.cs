using Insula.Images.Tests.Support;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Containers;

/// <summary>What an image says of its process, from every form of archive, and what a manifest says instead.</summary>
public sealed class ImageConfigTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private const string Config =
        """
        {"Entrypoint":["/bin/sh","-c"],
         "Cmd":["echo in $(pwd) as $(id -u):$(id -g) of $(id -G), $GREETING; trap 'echo told to stop; exit 0' USR1; while true; do sleep 3600 & wait $!; done"],
         "Env":["PATH=/bin","GREETING=hello from the image"],"WorkingDir":"/srv/deep","User":"app","Volumes":{"/data":{}},"StopSignal":"SIGUSR1"}
        """;

    private readonly Instance _insula = fixture.Instance;

    [Theory]
    [InlineData("oci-archive")]
    [InlineData("oci-archive-gz")]
    [InlineData("docker-archive")]
    [InlineData("oci-layout")]
    public async Task A_container_without_a_command_runs_as_its_image_says(string form)
    {
        await LoadAsync(form);
        await _insula.ApplyAsync(
            $$$"""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{{form}}}"},"spec":{"terminationGracePeriodSeconds":20,"containers":[{"name":"main","image":"example.com/{{{form}}}:1"}]}}""");
        var pod = await _insula.WaitForReadyAsync(form);
        await using var log = RunningCommand.Insula(_insula, "logs", "-f", form);
        await log.SaysAsync("in /srv/deep as 1000:100 of 100 50, hello from the image\n");
        Assert.Contains($"example.com/{form}:1", (string?)Pods.Container(pod, "main")!["image"], StringComparison.Ordinal);
        Assert.StartsWith("sha256:", ((string?)Pods.Container(pod, "main")!["imageID"])!.Split('@')[^1], StringComparison.Ordinal);
        Assert.True(Directory.Exists($"/proc/{Processes.MainOf(_insula, pod, "main")}/root/data"), "the image's volume has its directory");

        // The image's stop signal ends it at once: nothing waits for the grace to pass.
        (await _insula.CliAsync("delete", "pod", form, "--timeout=15s")).Succeeded();
        await log.SaysAsync("told to stop\n");
    }

    [Fact]
    public async Task A_manifest_s_command_arguments_and_variables_replace_and_expand()
    {
        await LoadAsync("oci-archive");
        const string Image = "example.com/oci-archive:1";
        await _insula.ApplyAsync(Manifests.Pod("command", "", container: new
        {
            image = Image,
            command = new[] { "/bin/echo", "$(GREETING)", "$(OWN)", "$$(OWN)", "$(NONE)" },
            args = new[] { "$(BOTH)" },
            env = new object[] { new { name = "OWN", value = "mine" }, new { name = "BOTH", value = "$(OWN)+$(LATER)" }, new { name = "LATER", value = "late" } },
        }, spec: new { restartPolicy = "Never" }));
        await _insula.WaitForPodAsync("command", p => Pods.Phase(p) == "Succeeded", "Succeeded");

        // A variable is known to those after it; an image's are known to the process only.
        Assert.Equal("$(GREETING) mine $(OWN) $(NONE) mine+$(LATER)\n", (await _insula.CliAsync("logs", "command")).Succeeded());

        await _insula.ApplyAsync(
            $$$"""
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"args"},"spec":{"restartPolicy":"Never","containers":[{"name":"main","image":"{{{Image}}}",
             "args":["echo $GREETING in $(pwd) as $(id -u)"],"workingDir":"/bin","env":[{"name":"GREETING","value":"over"}],"securityContext":{"runAsUser":0}}]}}
            """);
        await _insula.WaitForPodAsync("args", p => Pods.Phase(p) == "Succeeded", "Succeeded");
        Assert.Equal("over in /bin as 0\n", (await _insula.CliAsync("logs", "args")).Succeeded());
        await _insula.DeletePodAsync("command");
        await _insula.DeletePodAsync("args");
    }

    [Fact]
    public async Task A_user_that_the_image_does_not_know_is_named()
    {
        var archive = Path.Combine(_insula.Base, "ghost");
        await File.WriteAllBytesAsync(archive, new ImageBuilder { Config = """{"Cmd":["sh"],"User":"ghost"}""" }
            .Layer(new TarBuilder().Directory("etc").File("etc/passwd", "root:x:0:0::/:/bin/sh\n")).Oci("example.com/ghost:1").Archive());
        (await _insula.CliAsync("load", archive)).Succeeded();
        await _insula.ApplyAsync(Manifests.Pod("ghost", "true", container: new { image = "example.com/ghost:1" }));
        var pod = await _insula.WaitForPodAsync(
            "ghost", p => Pods.Container(p, "main")?["state"]?["waiting"]?["message"] is { } m && ((string)m!).Contains("ghost", StringComparison.Ordinal), "a message naming the user");
        Assert.Contains("Error", (string?)Pods.Container(pod, "main")!["state"]!["waiting"]!["reason"], StringComparison.Ordinal);
        await _insula.DeletePodAsync("ghost");
    }

    [Fact]
    public async Task A_layer_that_is_not_what_its_digest_says_is_refused_and_leaves_nothing()
    {
        var image = new ImageBuilder().Layer(new TarBuilder().File("file", "content")).Oci("example.com/tampered:1");
        var blob = image.Files.Keys.First(path => path.StartsWith("blobs/", StringComparison.Ordinal) && image.Files[path][0] == 0x1f);
        image.Files[blob][^1] ^= 1;
        var archive = Path.Combine(_insula.Base, "tampered");
        await File.WriteAllBytesAsync(archive, image.Archive());
        Assert.Contains(Path.GetFileName(blob)[..12], (await _insula.CliAsync("load", archive)).Failed(), StringComparison.Ordinal);
        Assert.DoesNotContain("tampered", (await _insula.CliAsync("images")).Succeeded(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_restart_has_a_fresh_writable_layer_and_its_image_is_unharmed()
    {
        await _insula.ApplyAsync(Manifests.Pod("fresh", "ls /; echo mine > /left; rm -rf /etc; " + Manifests.Forever));
        await _insula.ApplyAsync(Manifests.Pod("other", Manifests.Forever));
        var pod = await _insula.WaitForReadyAsync("fresh");
        await _insula.WaitForReadyAsync("other");
        await Eventually.TrueAsync(async () => (await _insula.CliAsync("exec", "fresh", "--", "cat", "/left")).ExitCode == 0, "the first run has written");
        await Processes.KillAsync(_insula, pod, "main");
        await _insula.WaitForPodAsync("fresh", p => Pods.Restarts(p, "main") == 1 && Pods.IsReady(p), "restarted");
        await Eventually.TrueAsync(async () => (await _insula.CliAsync("exec", "fresh", "--", "cat", "/left")).ExitCode == 0, "the second run has written");
        Assert.Equal((await _insula.CliAsync("logs", "fresh", "-p")).Succeeded(), (await _insula.CliAsync("logs", "fresh")).Succeeded());
        Assert.DoesNotContain("left", (await _insula.CliAsync("logs", "fresh")).Succeeded(), StringComparison.Ordinal);
        (await _insula.CliAsync("exec", "other", "--", "sh", "-c", "test ! -e /left && test -e /etc/passwd")).Succeeded();
        await _insula.DeletePodAsync("fresh");
        await _insula.DeletePodAsync("other");
    }

    private async Task LoadAsync(string form)
    {
        var name = $"example.com/{form}:1";
        var tar = new TarBuilder().Directory("bin").File("bin/busybox", await File.ReadAllBytesAsync("/bin/busybox"), mode: 0x1ED)
            .Directory("etc").File("etc/passwd", "root:x:0:0::/:/bin/sh\napp:x:1000:100::/:/bin/sh\n").File("etc/group", "root:x:0:\nusers:x:100:\nstaff:x:50:app\n")
            .Directory("proc").Directory("sys").Directory("dev").Directory("tmp", 0x3FF);
        foreach (var applet in (string[])["sh", "echo", "id", "pwd", "sleep"])
        {
            tar.Link($"bin/{applet}", "busybox");
        }

        var image = new ImageBuilder { Config = Config }.Layer(tar);
        var path = Path.Combine(_insula.Base, form);
        switch (form)
        {
            case "oci-layout":
                image.Oci(name).WriteTo(path);
                break;
            case "docker-archive":
                await File.WriteAllBytesAsync(path, image.Docker(name).Archive());
                break;
            default:
                var archive = image.Oci(name).Archive();
                await File.WriteAllBytesAsync(path, form == "oci-archive" ? archive : ImageBuilder.Gzip(archive));
                break;
        }

        Assert.Contains(form, (await _insula.CliAsync("load", path)).Succeeded(), StringComparison.Ordinal);
    }
}
