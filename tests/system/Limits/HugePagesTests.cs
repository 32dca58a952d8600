using System.Globalization;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Limits;

/// <summary>
/// Huge pages: who requests them has them, in volumes that outlive containers, and nobody has more than it requests. busybox allocates pages by fallocate, of which
/// the kernel takes them from the pool and counts them like those of a mapping.
/// </summary>
public sealed class HugePagesTests(HugePagesTests.Fixture fixture) : IClassFixture<HugePagesTests.Fixture>
{
    private readonly Instance _insula = fixture.Instance;

    // Without the controller nobody is held to anything; the daemon says so.
    private static bool IsControlled { get; } = File.ReadLines("/proc/cgroups").Any(l => l.StartsWith("hugetlb\t", StringComparison.Ordinal) && l.EndsWith("\t1", StringComparison.Ordinal));

    [Fact]
    public async Task A_pod_has_what_it_requests_in_a_volume_that_outlives_its_containers_and_daemons_and_no_more()
    {
        using var pages = new SomeHugePages(8);
        var free = SomeHugePages.Free;
        await _insula.ApplyAsync(Pod("uses", 4, "[ -e /pages/f ] || fallocate -l 4M /pages/f; stat -c '%s' /pages/f", medium: "HugePages"));
        var pod = await _insula.WaitForReadyAsync("uses");
        await LogsAsync("uses", "4194304\n");
        Assert.Equal(free - 2, SomeHugePages.Free);
        Assert.Matches(@" /pages .* - hugetlbfs \S+ rw,(\S+,)?pagesize=2M,size=4(M|194304|096K)?", await ExecAsync("uses", "grep ' /pages ' /proc/self/mountinfo"));

        // The volume is full, and so is what the container may have.
        Assert.NotEqual(0, (await _insula.CliAsync("exec", "uses", "--", "fallocate", "-l", "2M", "/pages/g")).ExitCode);
        await ExecAsync("uses", "rm -f /pages/g");
        if (IsControlled)
        {
            var group = Processes.GroupOf(_insula, pod, "main", "hugetlb") ?? Processes.GroupOf(_insula, pod, "main", "unified") ?? Processes.GroupOf(_insula, pod, "main", "")!;
            Assert.Equal(("4194304", "4194304"), (Read(group, "hugetlb.2MB.max", "hugetlb.2MB.limit_in_bytes"), Read(group, "hugetlb.2MB.current", "hugetlb.2MB.usage_in_bytes")));
            if (Directory.Exists("/sys/kernel/mm/hugepages/hugepages-1048576kB"))
            {
                Assert.Equal("0", Read(group, "hugetlb.1GB.max", "hugetlb.1GB.limit_in_bytes"));
            }

            Assert.Equal("4194304", Read(Path.GetDirectoryName(group)!, "hugetlb.2MB.max", "hugetlb.2MB.limit_in_bytes"));
            Assert.Contains(
                "container_hugetlb_usage_bytes{namespace=\"default\",pod=\"uses\",container=\"main\",pagesize=\"2MB\"} 4194304\n", await _insula.Api.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative)), StringComparison.Ordinal);
        }

        await Processes.KillAsync(_insula, pod, "main");
        await _insula.WaitForPodAsync("uses", p => Pods.Restarts(p, "main") == 1 && Pods.IsReady(p), "started again");
        await LogsAsync("uses", "4194304\n");
        Assert.Equal(free - 2, SomeHugePages.Free);
        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
        pod = await _insula.WaitForReadyAsync("uses");
        await Processes.KillAsync(_insula, pod, "main");
        await _insula.WaitForPodAsync("uses", p => Pods.Restarts(p, "main") == 2 && Pods.IsReady(p), "started again by the next daemon");
        await LogsAsync("uses", "4194304\n");
        Assert.Equal(free - 2, SomeHugePages.Free);
        await _insula.DeletePodAsync("uses");
        await Eventually.TrueAsync(() => SomeHugePages.Free == free, "the pages are free again");
    }

    [Fact]
    public async Task They_are_packed_and_a_pod_waits_until_the_machine_has_enough()
    {
        using var pages = new SomeHugePages(4);
        await _insula.ApplyAsync(Pod("first", 2 * (int)SomeHugePages.All, ":"));
        await _insula.WaitForReadyAsync("first");
        await _insula.ApplyAsync(Pod("second", 4, ":"));
        var waits = await _insula.WaitForPodAsync("second", p => Pods.Condition(p, "PodScheduled") == "False", "it waits");
        var all = $"{2 * SomeHugePages.All}Mi";
        Assert.Contains($"1 Insufficient hugepages-2Mi (requested 4Mi, free 0 of {all})", waits["status"]!["conditions"]!.ToJsonString(), StringComparison.Ordinal);
        await Eventually.TrueAsync(async () => (await CapacityAsync()) == all, "the node says what there is");
        Assert.Matches($@"\n  hugepages-2Mi +{all} \(100%\) +{all} \(100%\)\n", (await _insula.CliAsync("describe", "node")).Succeeded());
        SomeHugePages.Add(2);
        await _insula.WaitForReadyAsync("second");
        var node = (await _insula.Api.GetAsync("/api/v1/nodes"))["items"]![0]!["status"]!;
        Assert.True(Bytes(node["allocatable"]!["memory"]) <= Bytes(node["capacity"]!["memory"]) - (SomeHugePages.All << 21), "what is in huge pages is no memory any more");
        await _insula.DeletePodAsync("first");
        await _insula.DeletePodAsync("second");

        async Task<string?> CapacityAsync() => (string?)(await _insula.Api.GetAsync("/api/v1/nodes"))["items"]![0]!["status"]!["capacity"]!["hugepages-2Mi"];
    }

    [Fact]
    public async Task Who_requests_none_gets_none_not_even_with_a_file_system_of_its_own()
    {
        Assert.True(IsControlled, "this kernel does not count huge pages by group");
        using var pages = new SomeHugePages(4);
        var free = SomeHugePages.Free;
        await _insula.ApplyAsync(Manifests.Pod("bare", Manifests.Forever, container: new { securityContext = new { privileged = true } }));
        var bare = await _insula.WaitForReadyAsync("bare");
        Assert.NotEqual(0, (await TakeAsync("bare", "main")).ExitCode);
        var group = Path.GetDirectoryName(Processes.GroupOf(_insula, bare, "main", "hugetlb") ?? Processes.GroupOf(_insula, bare, "main", "unified") ?? Processes.GroupOf(_insula, bare, "main", ""))!;
        Assert.Equal(("0", "0"), (Read(group, "hugetlb.2MB.max", "hugetlb.2MB.limit_in_bytes"), Read(group, "hugetlb.2MB.rsvd.max", "hugetlb.2MB.rsvd.limit_in_bytes")));

        // Beside a container that has some, too.
        var pod = JsonNode.Parse(Pod("mixed", 4, ":"))!;
        var other = pod["spec"]!["containers"]![0]!.DeepClone();
        (other["name"], other["resources"], other["securityContext"]) = ("other", new JsonObject(), new JsonObject { ["privileged"] = true });
        pod["spec"]!["containers"]!.AsArray().Add(other);
        pod["spec"]!["containers"]![0]!["securityContext"] = new JsonObject { ["privileged"] = true };
        await _insula.ApplyAsync(pod.ToJsonString());
        await _insula.WaitForReadyAsync("mixed");
        Assert.NotEqual(0, (await TakeAsync("mixed", "other")).ExitCode);
        (await TakeAsync("mixed", "main")).Succeeded();
        Assert.Equal(free - 1, SomeHugePages.Free);
        await _insula.DeletePodAsync("bare");
        await _insula.DeletePodAsync("mixed");
        await Eventually.TrueAsync(() => SomeHugePages.Free == free, "the pages are free again");

        Task<CommandResult> TakeAsync(string name, string container) => _insula.CliAsync(
            "exec", name, "-c", container, "--", "sh", "-c", "mkdir -p /huge && mount -t hugetlbfs none /huge && fallocate -l 2M /huge/f");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_volume_has_its_limit_the_pod_s_group_and_parts(bool hostUsers)
    {
        using var pages = new SomeHugePages(8);
        var name = hostUsers ? "limited" : "mapped";
        var pod = JsonNode.Parse(Pod(name, 8, "fallocate -l 2M /part/f && stat -c '%u:%g' /part/f", medium: "HugePages-2Mi", sizeLimit: "3Mi"))!;
        pod["spec"]!["hostUsers"] = hostUsers;
        pod["spec"]!["securityContext"] = new JsonObject { ["runAsUser"] = 1000, ["runAsGroup"] = 1000, ["fsGroup"] = 2000 };
        pod["spec"]!["containers"]![0]!["volumeMounts"] = new JsonArray(
            new JsonObject { ["name"] = "pages", ["mountPath"] = "/pages" }, new JsonObject { ["name"] = "pages", ["mountPath"] = "/part", ["subPath"] = "a/b" });
        await _insula.ApplyAsync(pod.ToJsonString());
        await _insula.WaitForReadyAsync(name);
        await LogsAsync(name, "1000:2000\n");
        Assert.Equal("0:2000 2777\n", await ExecAsync(name, "stat -c '%u:%g %a' /pages"));
        Assert.Equal("2097152\n", await ExecAsync(name, "stat -c '%s' /pages/a/b/f"));

        // A limit of 3Mi is of whole pages: two.
        await ExecAsync(name, "fallocate -l 2M /pages/g");
        Assert.NotEqual(0, (await _insula.CliAsync("exec", name, "--", "fallocate", "-l", "2M", "/pages/h")).ExitCode);
        await _insula.DeletePodAsync(name);
    }

    private static long Bytes(JsonNode? quantity) => Insula.Api.Values.Quantity.Parse((string)quantity!).Value;

    private static string Read(string group, string unified, string legacy) =>
        File.ReadAllText(File.Exists($"{group}/{unified}") ? $"{group}/{unified}" : $"{group}/{legacy}").Trim();

    private async Task<string> ExecAsync(string name, string script) => (await _insula.CliAsync("exec", name, "--", "sh", "-c", script)).Succeeded();

    private Task LogsAsync(string name, string expected) => Eventually.TrueAsync(async () => (await _insula.CliAsync("logs", name)).Succeeded() == expected, $"{name} has written {expected.Trim()}");

    private static string Pod(string name, int mebibytes, string script, string? medium = null, string? sizeLimit = null)
    {
        var pod = JsonNode.Parse(Manifests.Pod(name, $"{script}\n{Manifests.Forever}", new
        {
            resources = new { limits = new Dictionary<string, string> { ["memory"] = "64Mi", ["hugepages-2Mi"] = string.Create(CultureInfo.InvariantCulture, $"{mebibytes}Mi") } },
        }))!;
        if (medium is not null)
        {
            var volume = new JsonObject { ["medium"] = medium };
            if (sizeLimit is not null)
            {
                volume["sizeLimit"] = sizeLimit;
            }

            pod["spec"]!["containers"]![0]!["volumeMounts"] = new JsonArray(new JsonObject { ["name"] = "pages", ["mountPath"] = "/pages" });
            pod["spec"]!["volumes"] = new JsonArray(new JsonObject { ["name"] = "pages", ["emptyDir"] = volume });
        }

        return pod.ToJsonString();
    }

    public sealed class Fixture : InstanceFixture
    {
        private readonly SomeHugePages _pages = new(0);

        protected override InstanceSetup Setup => new() { Config = Config };

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            _pages.AssertGiven();
        }
    }
}
