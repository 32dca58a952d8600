using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Security;

/// <summary>Images made to mislead whoever starts a container of them, or enters it: the machine is as it was.</summary>
public sealed class HostileImageTests(HostileImageTests.Fixture fixture) : IClassFixture<HostileImageTests.Fixture>
{
    private readonly Instance _insula = fixture.Instance;

    /// <summary>Begins the name of everything that is made by way of a link.</summary>
    private const string Mark = "insula-hostile";

    /// <summary>What the images' links point at.</summary>
    private static readonly string[] _watched = ["/", "/etc", "/usr", "/usr/bin"];

    [Theory]
    [InlineData("hostile-config", "the image declares the volume \"/../../../etc\", which is no absolute path")]
    [InlineData("hostile-devices", "mount-target: /dev: Too many levels of symbolic links")]
    [InlineData("hostile-links", "the image's \"/etc/passwd\" leads through links")]
    [InlineData("hostile-proc", "mount-target: /proc: Too many levels of symbolic links")]
    public async Task One_that_misleads_starts_nothing_and_changes_nothing(string image, string refusal)
    {
        var before = State();
        await _insula.ApplyAsync(Manifests.Pod(
            "hostile",
            "echo up; exec sleep 3600",
            container: new
            {
                image,
                volumeMounts = new[] { new { name = "v", mountPath = "/data" }, new { name = "v", mountPath = "/tmp/v" } },
                readinessProbe = new { exec = new { command = new[] { "true" } }, periodSeconds = 1 },
            },
            spec: new { volumes = new[] { new { name = "v", emptyDir = new { } } }, terminationGracePeriodSeconds = 0 }));
        var pod = await _insula.WaitForPodAsync("hostile", p => Pods.IsReady(p) || Refusal(p) is not null, "started or refused");
        Assert.Contains(refusal, Refusal(pod), StringComparison.Ordinal);
        Assert.NotEqual(0, (await _insula.CliAsync("exec", "hostile", "--", "true")).ExitCode);
        await _insula.DeletePodAsync("hostile");
        Assert.Equal(before, State());
    }

    [Fact]
    public async Task What_is_mounted_made_and_written_by_way_of_an_image_s_links_stays_inside()
    {
        var before = State();
        await _insula.ApplyAsync(Manifests.Pod(
            "inside", $"pwd; touch /data/{Mark}-start /work/{Mark}-start; {Manifests.Forever}",
            container: new
            {
                image = "hostile-paths",
                readinessProbe = new { exec = new { command = new[] { "touch", $"/data/{Mark}-probe", $"/volumes/v/{Mark}-probe" } }, periodSeconds = 1 },
                volumeMounts = new[] { new { name = "v", mountPath = "/volumes/v" }, new { name = "v", mountPath = "/data/again" } },
            },
            spec: new { volumes = new[] { new { name = "v", emptyDir = new { } } } }));
        await _insula.WaitForReadyAsync("inside");
        await _insula.OutputIsAsync($"/tmp/{Mark}-work\n", "logs", "inside");
        Assert.Contains("inside", await ExecAsync("cat", $"/tmp/{Mark}-hosts"), StringComparison.Ordinal);
        Assert.Equal("inside\n", await ExecAsync("cat", $"/tmp/{Mark}-hostname"));
        await ExecAsync("cat", $"/{Mark}/deep/resolv.conf");
        foreach (var made in (string[])["data/again", $"data/{Mark}-start", $"data/{Mark}-probe", $"volumes/v/{Mark}-probe", $"work/{Mark}-start"])
        {
            await ExecAsync("test", "-e", $"/tmp/{Mark}-{made}");
        }

        await using (var terminal = RunningCommand.AtTerminal(_insula, $"insula exec -it inside -- sh -c 'touch /data/{Mark}-terminal && echo made'"))
        {
            await terminal.SaysAsync("made");
        }

        Assert.Equal(before, State());
        await _insula.DeletePodAsync("inside");

        async Task<string> ExecAsync(params string[] command) => (await _insula.CliAsync(["exec", "inside", "--", .. command])).Succeeded();
    }

    [Fact]
    public async Task Labels_and_annotations_are_data()
    {
        var annotations = new Dictionary<string, string>
        {
            ["insula.dev/privileged"] = "true",
            ["io.kubernetes.cri-o.Devices"] = "/dev/kmsg",
            ["io.kubernetes.cri-o.userns-mode"] = "auto",
            ["io.kubernetes.cri-o.UnifiedCgroup.main"] = "memory.max=max",
            ["io.kubernetes.cri.untrusted-workload"] = "true",
            ["org.systemd.property.TimeoutStopUSec"] = "1",
            ["run.oci.keep_original_groups"] = "1",
            ["run.oci.systemd.subgroup"] = "../../..",
            ["cdi.k8s.io/all"] = "vendor.com/device=all",
            ["io.katacontainers.config.hypervisor.path"] = "/bin/sh",
            ["seccomp.security.alpha.kubernetes.io/pod"] = "unconfined",
            ["container.seccomp.security.alpha.kubernetes.io/main"] = "unconfined",
            ["kubernetes.io/psp"] = "privileged",
            ["anything.example.com/of-the-user"] = "line\nbreak: {\"json\": true}",
        };
        var states = new List<string>();
        foreach (var (name, image, metadata) in ((string, string, object)[])[("plain", "busybox", new { }), ("marked", "hostile-labels", new { annotations, labels = new { privileged = "true" } })])
        {
            await _insula.ApplyAsync(Manifests.Pod(name, Manifests.Forever, container: new { image, resources = new { limits = new { memory = "64Mi" } } }, spec: new { hostname = "same" }, metadata: metadata));
            await _insula.WaitForReadyAsync(name);
            states.Add(await StateAsync(name));
            await _insula.DeletePodAsync(name);
        }

        Assert.Equal(states[0], states[1]);
    }

    /// <summary>What the kernel says of a container: who it is, what it may, what it sees.</summary>
    private async Task<string> StateAsync(string pod)
    {
        const string Ask =
            """
            grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp)' /proc/1/status; tr '\0' '\n' < /proc/1/environ | sort
            cut -d' ' -f4- /proc/self/mountinfo | sed 's/[0-9a-f]\{8\}-[0-9a-f-]\{27\}/ID/g; s/ master:[0-9]*//; s/lowerdir=.*//' | sort
            ls -l /dev | awk '{print $1, $3, $4, $5, $6, $NF}'; ls /sys/fs/cgroup; cat /proc/self/limits /proc/1/oom_score_adj
            """;
        var state = (await _insula.CliAsync("exec", pod, "--", "sh", "-c", Ask)).Succeeded();
        return state + string.Join('\n', new FileInfo($"/proc/{Processes.MainOf(_insula, (await _insula.Api.FindPodAsync(pod))!, "main")}/ns/user").LinkTarget);
    }

    private static string? Refusal(System.Text.Json.Nodes.JsonNode pod) => (string?)Pods.Container(pod, "main")?["state"]?["waiting"]?["message"];

    private static string State() => string.Join('\n', _watched
        .SelectMany(directory => new DirectoryInfo(directory).EnumerateFileSystemInfos().Select(entry => $"{entry.FullName} {entry.LinkTarget} {entry.UnixFileMode}"))
        .Concat(Directory.EnumerateFileSystemEntries("/tmp", $"{Mark}*"))
        .Concat(["/etc/passwd", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"])
        .Select(line => File.Exists(line) ? $"{line}: {File.ReadAllText(line)}" : line)
        .Order(StringComparer.Ordinal));

    public sealed class Fixture : InstanceFixture
    {
        protected override string[] Images =>
            ["busybox", "hostile-config", "hostile-devices", "hostile-links", "hostile-proc", "hostile-paths", "hostile-labels"];
    }
}
