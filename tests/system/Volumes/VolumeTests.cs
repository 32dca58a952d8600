using System.Net.Sockets;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Volumes;

/// <summary>Volumes as a pod's containers see them, and what of them the host keeps.</summary>
public sealed class VolumeTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Host_paths_of_every_type_are_mounted_and_made_where_the_type_says_so()
    {
        var host = Host("types");
        await File.WriteAllTextAsync(Path.Combine(host, "file"), "from the host");
        Directory.CreateDirectory(Path.Combine(host, "directory"));
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(host, "socket")));
        (string Name, string Path, string Type)[] volumes =
        [
            ("directory", $"{host}/directory", "Directory"), ("made", $"{host}/made/deep", "DirectoryOrCreate"), ("file", $"{host}/file", "File"),
            ("made-file", $"{host}/made-file", "FileOrCreate"), ("socket", $"{host}/socket", "Socket"), ("device", "/dev/zero", "CharDevice"), ("any", host, ""),
        ];
        await _insula.ApplyAsync(Manifests.Pod(
            "types", Manifests.Forever,
            container: new { volumeMounts = volumes.Select(v => new { name = v.Name, mountPath = $"/host/{v.Name}" }) },
            spec: new { volumes = volumes.Select(v => new { name = v.Name, hostPath = new { path = v.Path, type = v.Type } }) }));
        await _insula.WaitForReadyAsync("types");
        Assert.Equal("from the host", await ShAsync("types", "cat /host/file"));
        await ShAsync("types", "test -d /host/directory && test -d /host/made && test -f /host/made-file && test -S /host/socket && test -c /host/device && test -e /host/any/file");
        await ShAsync("types", "echo inside > /host/made/written; echo inside > /host/made-file");
        await _insula.DeletePodAsync("types");

        // What a pod wrote to the host is the host's, and nothing of the host goes with the pod.
        Assert.Equal("inside\n", await File.ReadAllTextAsync(Path.Combine(host, "made", "deep", "written")));
        Assert.Equal("inside\n", await File.ReadAllTextAsync(Path.Combine(host, "made-file")));
        Assert.Equal("from the host", await File.ReadAllTextAsync(Path.Combine(host, "file")));
    }

    [Theory]
    [InlineData("/dev/null", "File", "must be of type File, but is a character device")]
    [InlineData("/etc/passwd", "Directory", "must be of type Directory, but is a file")]
    [InlineData("/etc", "Socket", "must be of type Socket, but is a directory")]
    [InlineData("/dev/null", "BlockDevice", "must be of type BlockDevice, but is a character device")]
    [InlineData("/etc/no-such-thing", "", "does not exist; make it")]
    public async Task A_host_path_of_another_type_is_refused_with_an_event(string path, string type, string reason)
    {
        var name = $"wrong-{type.ToLowerInvariant()}x";
        await _insula.ApplyAsync(Manifests.Pod(name, Manifests.Forever,
            container: new { volumeMounts = new[] { new { name = "v", mountPath = "/v" } } },
            spec: new { volumes = new[] { new { name = "v", hostPath = new { path, type } } } }));
        await Eventually.GetAsync(
            async () => (await _insula.CliAsync("events", "--for", $"pod/{name}")).Succeeded(),
            text => text.Contains(reason, StringComparison.Ordinal) && text.Contains("FailedMount", StringComparison.Ordinal), $"an event says \"{reason}\"");
        Assert.Equal("Pending", Pods.Phase((await _insula.Api.FindPodAsync(name))!));
        await _insula.DeletePodAsync(name);
    }

    [Fact]
    public async Task Read_only_mounts_are_read_only_and_others_of_the_same_volume_are_not()
    {
        var host = Host("read-only");
        await _insula.ApplyAsync(Manifests.Pod("readonly", Manifests.Forever,
            container: new
            {
                volumeMounts = new object[]
                {
                    new { name = "host", mountPath = "/ro", readOnly = true }, new { name = "host", mountPath = "/rw" },
                    new { name = "disk", mountPath = "/disk-ro", readOnly = true }, new { name = "disk", mountPath = "/disk" },
                },
            },
            spec: new { volumes = new object[] { new { name = "host", hostPath = new { path = host } }, new { name = "disk", emptyDir = new { } } } }));
        await _insula.WaitForReadyAsync("readonly");
        await ShAsync("readonly", "echo 1 > /rw/a; echo 1 > /disk/a; cat /ro/a /disk-ro/a");
        foreach (var path in (string[])["/ro/b", "/ro/a", "/disk-ro/a"])
        {
            Assert.Contains("Read-only file system", (await _insula.CliAsync("exec", "readonly", "--", "sh", "-c", $"echo 2 > {path}")).Failed(), StringComparison.Ordinal);
        }

        Assert.Equal(["a"], Directory.EnumerateFileSystemEntries(host).Select(Path.GetFileName));
        await _insula.DeletePodAsync("readonly");
    }

    [Theory]
    [InlineData("Disabled", true, "Disabled")]
    [InlineData("Enabled", false, "Enabled")]
    [InlineData("IfPossible", false, "Enabled")]
    public async Task Mounts_below_a_read_only_mount_are_read_only_when_asked(string mode, bool writable, string told)
    {
        var host = Host("recursive");
        var inner = Path.Combine(host, "inner");
        Directory.CreateDirectory(inner);
        (await Commands.RunAsync("mount", ["-t", "tmpfs", "inner", inner])).Succeeded();
        try
        {
            await _insula.ApplyAsync(Manifests.Pod("recursive", Manifests.Forever,
                container: new { volumeMounts = new object[] { new { name = "host", mountPath = "/v", readOnly = true, recursiveReadOnly = mode } } },
                spec: new { volumes = new object[] { new { name = "host", hostPath = new { path = host } } } }));
            var pod = await _insula.WaitForReadyAsync("recursive");
            var write = await _insula.CliAsync("exec", "recursive", "--", "sh", "-c", "echo x > /v/inner/file");
            Assert.Equal(writable, write.ExitCode == 0);
            (await _insula.CliAsync("exec", "recursive", "--", "sh", "-c", "echo x > /v/file")).Failed();
            var mount = Pods.Container(pod, "main")!["volumeMounts"]![0]!;
            Assert.Equal(("host", "/v", true, told), ((string)mount["name"]!, (string)mount["mountPath"]!, (bool)mount["readOnly"]!, (string)mount["recursiveReadOnly"]!));
            await _insula.DeletePodAsync("recursive");
        }
        finally
        {
            (await Commands.RunAsync("umount", [inner])).Succeeded();
        }
    }

    [Fact]
    public async Task Sub_paths_are_made_inside_their_volume_and_never_leave_it()
    {
        var host = Host("sub");
        File.CreateSymbolicLink(Path.Combine(host, "escape"), "/etc");
        await File.WriteAllTextAsync(Path.Combine(host, "one-file"), "one");
        await _insula.ApplyAsync(Manifests.Pod("sub", Manifests.Forever,
            container: new
            {
                volumeMounts = new object[]
                {
                    new { name = "disk", mountPath = "/part", subPath = "a/b" }, new { name = "disk", mountPath = "/whole" },
                    new { name = "host", mountPath = "/etc/one-file", subPath = "one-file" },
                },
            },
            spec: new { volumes = new object[] { new { name = "host", hostPath = new { path = host } }, new { name = "disk", emptyDir = new { } } } }));
        await _insula.WaitForReadyAsync("sub");
        await ShAsync("sub", "echo x > /part/file");
        Assert.Equal("x\none", await ShAsync("sub", "cat /whole/a/b/file /etc/one-file"));
        await _insula.DeletePodAsync("sub");

        await _insula.ApplyAsync(Manifests.Pod("escape", Manifests.Forever,
            container: new { volumeMounts = new object[] { new { name = "host", mountPath = "/v", subPath = "escape" } } },
            spec: new { volumes = new object[] { new { name = "host", hostPath = new { path = host } } } }));
        var pod = await _insula.WaitForPodAsync(
            "escape", p => Pods.Container(p, "main")?["state"]?["waiting"]?["message"] is { } m && ((string)m!).Contains("escape", StringComparison.Ordinal), "refused");
        Assert.False(Pods.IsRunning(pod, "main"));
        await _insula.DeletePodAsync("escape");

        var refused = await _insula.CliWithInputAsync(
            Manifests.Pod("up", "true", container: new { volumeMounts = new object[] { new { name = "v", mountPath = "/v", subPath = "../x" } } },
                spec: new { volumes = new object[] { new { name = "v", emptyDir = new { } } } }),
            "apply", "-f", "-");
        Assert.Contains("spec.containers[0].volumeMounts[0].subPath", refused.Failed(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Mounts_made_later_on_the_host_are_seen_where_propagation_says_so(bool hostUsers)
    {
        var name = hostUsers ? "propagation" : "propagation-users";
        var host = Host(name);
        Directory.CreateDirectory(Path.Combine(host, "inner"));
        (await Commands.RunAsync("mount", ["--bind", host, host])).Succeeded();
        try
        {
            (await Commands.RunAsync("mount", ["--make-shared", host])).Succeeded();
            await _insula.ApplyAsync(Manifests.Pod(name, Manifests.Forever,
                container: new
                {
                    volumeMounts = new object[]
                    {
                        new { name = "host", mountPath = "/follows", mountPropagation = "HostToContainer" }, new { name = "host", mountPath = "/stays" },
                    },
                },
                spec: new { hostUsers, volumes = new object[] { new { name = "host", hostPath = new { path = host } } } }));
            await _insula.WaitForReadyAsync(name);
            (await Commands.RunAsync("mount", ["-t", "tmpfs", "late", Path.Combine(host, "inner")])).Succeeded();
            await File.WriteAllTextAsync(Path.Combine(host, "inner", "late"), "seen");
            Assert.Equal("seen", await ShAsync(name, "cat /follows/inner/late"));
            await ShAsync(name, "test ! -e /stays/inner/late");
            (await Commands.RunAsync("umount", [Path.Combine(host, "inner")])).Succeeded();
            await ShAsync(name, "test ! -e /follows/inner/late");
            await _insula.DeletePodAsync(name);
        }
        finally
        {
            (await Commands.RunAsync("umount", ["--recursive", host])).Succeeded();
        }
    }

    [Fact]
    public async Task Nothing_of_an_emptyDir_is_left_and_the_host_s_files_are()
    {
        var host = Host("kept");
        await File.WriteAllTextAsync(Path.Combine(host, "precious"), "stays");
        await _insula.ApplyAsync(Manifests.Pod("links", $"ln -s /host /disk/link; echo x > /disk/file; {Manifests.Forever}",
            container: new { volumeMounts = new object[] { new { name = "disk", mountPath = "/disk" }, new { name = "host", mountPath = "/disk/host" } } },
            spec: new { volumes = new object[] { new { name = "disk", emptyDir = new { } }, new { name = "host", hostPath = new { path = host } } } }));
        var pod = await _insula.WaitForReadyAsync("links");
        var directory = Path.Combine(_insula.Root, "pods", Pods.Uid(pod));
        Assert.True(Directory.Exists(directory));
        await _insula.DeletePodAsync("links");
        await Eventually.TrueAsync(() => !Directory.Exists(directory), "the pod's directory is gone");
        Assert.Equal("stays", await File.ReadAllTextAsync(Path.Combine(host, "precious")));
    }

    private string Host(string name) => Directory.CreateDirectory(Path.Combine(_insula.Base, "host", name)).FullName;

    private async Task<string> ShAsync(string pod, string command) =>
        (await _insula.CliAsync("exec", pod, "--", "sh", "-c", command)).Succeeded().Trim();
}
