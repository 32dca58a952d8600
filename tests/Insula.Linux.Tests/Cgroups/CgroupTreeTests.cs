using Insula.Linux.Cgroups;
using Insula.Linux.Events;

namespace Insula.Linux.Tests.Cgroups;

public sealed class CgroupTreeTests : IDisposable
{
    private const string Pod = "pods/burstable/pod1";

    // Above the largest pid_max: killing it harms nobody.
    private const string NoProcess = "2147483647";

    private readonly EventLoop _loop = new();
    private readonly FakeCgroupFiles _files = new();

    public void Dispose() => _loop.Dispose();

    [Fact]
    public void V2_enables_controllers_top_down_and_only_those_offered()
    {
        var tree = Unified("cpu memory pids");
        tree.Create($"{Pod}/web.0", new CgroupSettings { PidsMax = 7 });
        const string Enabled = "/cgroup.subtree_control=+cpu +memory +pids";
        Assert.Equal(
            [
                $"/v2{Enabled}", $"/v2/insula{Enabled}", $"/v2/insula/pods{Enabled}", $"/v2/insula/pods/burstable{Enabled}",
                $"/v2/insula/{Pod}{Enabled}", $"/v2/insula/{Pod}/web.0/pids.max=7",
            ],
            _files.Writes);

        // The second container finds everything handed on already.
        _files.Writes.Clear();
        tree.Create($"{Pod}/side.0", CgroupSettings.None);
        Assert.Empty(_files.Writes);
    }

    [Fact]
    public void What_hands_on_its_controllers_is_not_looked_at_again()
    {
        var tree = Unified("cpu memory pids");
        tree.Create($"{Pod}/web.0", CgroupSettings.None);
        _files.ReadPaths.Clear();
        tree.Create($"{Pod}/side.0", new CgroupSettings { PidsMax = 7 });
        Assert.Empty(_files.ReadPaths);
    }

    [Fact]
    public async Task A_group_that_is_made_anew_hands_on_its_controllers_again()
    {
        var tree = Unified("cpu memory pids");
        tree.Create($"{Pod}/web.0", CgroupSettings.None);
        await tree.RemoveAsync(Pod, TimeSpan.FromSeconds(30), CancellationToken.None);
        _files.Writes.Clear();
        tree.Create($"{Pod}/web.1", CgroupSettings.None);
        Assert.Equal([$"/v2/insula/{Pod}/cgroup.subtree_control=+cpu +memory +pids"], _files.Writes);

        // Taken away by somebody else.
        _files.RemoveDirectory($"/v2/insula/{Pod}/web.1");
        _files.RemoveDirectory($"/v2/insula/{Pod}");
        _files.Writes.Clear();
        tree.Create($"{Pod}/web.2", CgroupSettings.None);
        Assert.Contains($"/v2/insula/{Pod}/cgroup.subtree_control=+cpu +memory +pids", _files.Writes);
        _files.RemoveDirectory($"/v2/insula/{Pod}/web.2");
        _files.RemoveDirectory($"/v2/insula/{Pod}");
        tree.Create(Pod, CgroupSettings.None);
        _files.Writes.Clear();
        tree.Create($"{Pod}/web.3", CgroupSettings.None);
        Assert.Contains($"/v2/insula/{Pod}/cgroup.subtree_control=+cpu +memory +pids", _files.Writes);
    }

    [Fact]
    public void Controllers_that_somebody_took_away_are_enabled_again_for_a_limit()
    {
        var tree = Unified("cpu memory pids");
        tree.Create(Pod, CgroupSettings.None);
        _files.Put("/v2/insula/pods/burstable/cgroup.subtree_control", "");
        _files.Failures["/v2/insula/pods/burstable/pod2/pids.max"] = Errno.ENOENT;
        _files.Writes.Clear();
        tree.Create("pods/burstable/pod2", new CgroupSettings { PidsMax = 7 });
        Assert.Equal(
            [
                "/v2/insula/pods/burstable/pod2/pids.max=7", "/v2/insula/pods/burstable/cgroup.subtree_control=+cpu +memory +pids",
                "/v2/insula/pods/burstable/pod2/pids.max=7",
            ],
            _files.Writes);
    }

    [Fact]
    public void A_tracking_group_gets_no_controllers()
    {
        var tree = Unified("memory");
        tree.Create($"{Pod}/web.0", CgroupSettings.None);
        _files.Writes.Clear();
        tree.CreateTracking($"{Pod}/web.0/exec-1");
        Assert.Empty(_files.Writes);
        Assert.True(tree.Exists($"{Pod}/web.0/exec-1"));
    }

    [Fact]
    public void A_group_for_tracking_does_not_bring_back_one_that_is_gone()
    {
        foreach (var tree in (CgroupTree[])[Unified(""), Hybrid()])
        {
            tree.Create(Pod, CgroupSettings.None);
            Assert.Equal(Errno.ENOENT, Assert.Throws<LinuxException>(() => tree.CreateTracking($"{Pod}/web.0/exec-1")).Errno);
            Assert.Empty(tree.List(Pod));
        }
    }

    [Fact]
    public void Limits_without_their_controller_are_left_out()
    {
        var tree = Unified("pids");
        tree.Create("a", new CgroupSettings { MemoryMax = 1 << 20, PidsMax = 5 });
        Assert.DoesNotContain(_files.Writes, write => write.Contains("memory", StringComparison.Ordinal));
        Assert.Contains("/v2/insula/a/pids.max=5", _files.Writes);
    }

    [Fact]
    public void Hybrid_makes_the_group_everywhere_and_limits_in_v1()
    {
        var tree = Hybrid();
        tree.Create(Pod, new CgroupSettings { MemoryMax = 4096, CpuShares = 2 });
        Assert.All(new[] { "/u", "/mem", "/cpu" }, mount => Assert.True(_files.Exists($"{mount}/insula/{Pod}")));
        Assert.Equal([$"/mem/insula/{Pod}/memory.limit_in_bytes=4096", $"/cpu/insula/{Pod}/cpu.shares=2"], _files.Writes);
    }

    [Fact]
    public void A_value_that_another_must_precede_is_written_again()
    {
        var tree = Hybrid();
        _files.Failures[$"/mem/insula/a/memory.limit_in_bytes"] = Errno.EINVAL;
        tree.Create("a", new CgroupSettings { MemoryMax = 4096, MemorySwapMax = 0 });
        Assert.Equal(
            ["/mem/insula/a/memory.limit_in_bytes=4096", "/mem/insula/a/memory.memsw.limit_in_bytes=4096", "/mem/insula/a/memory.limit_in_bytes=4096"],
            _files.Writes);
    }

    [Theory]
    [InlineData(1_000_000, "999424", "999424")] // whole pages
    [InlineData(8192, "8192", "8192")]
    [InlineData(-1, "max", "9223372036854771712")]
    public void What_the_kernel_shows_for_a_limit_is_known(long bytes, string v2, string v1)
    {
        var settings = new CgroupSettings { MemoryMax = bytes, MemorySwapMax = 0, CpuShares = 204, CpuQuotaMicroseconds = bytes < 0 ? -1 : 5000, CpuPeriodMicroseconds = 100_000 };
        foreach (var (tree, memory, cpu, shown) in new[] { (Unified("cpu memory pids"), "/v2", "/v2", v2), (Hybrid(), "/mem", "/cpu", v1) })
        {
            tree.Create(Pod, CgroupSettings.None);
            Assert.False(tree.Holds(Pod, settings));
            var isV2 = cpu == "/v2";
            _files.Put($"{memory}/insula/{Pod}/{(isV2 ? "memory.max" : "memory.limit_in_bytes")}", $"{shown}\n");
            _files.Put($"{cpu}/insula/{Pod}/{(isV2 ? "cpu.weight" : "cpu.shares")}", isV2 ? $"{CgroupConversion.WeightFromShares(204)}\n" : "204\n");
            foreach (var (file, text) in isV2 ? [("cpu.max", bytes < 0 ? "max 100000" : "5000 100000")] : new[] { ("cpu.cfs_period_us", "100000"), ("cpu.cfs_quota_us", bytes < 0 ? "-1" : "5000") })
            {
                _files.Put($"{cpu}/insula/{Pod}/{file}", $"{text}\n");
            }

            Assert.True(tree.Holds(Pod, settings));
            Assert.False(tree.Holds(Pod, settings with { CpuShares = 409 }));
            Assert.False(tree.Holds(Pod, settings with { MemoryMax = 12_288_000 }));
            Assert.False(tree.Holds(Pod, settings with { CpuQuotaMicroseconds = 7000 }));
        }
    }

    [Fact]
    public void Missing_swap_accounting_is_no_error_but_a_refused_limit_is()
    {
        var tree = Hybrid();
        _files.Failures["/mem/insula/a/memory.memsw.limit_in_bytes"] = Errno.ENOENT;
        tree.Create("a", new CgroupSettings { MemoryMax = 4096, MemorySwapMax = 0 });

        _files.Failures["/mem/insula/b/memory.limit_in_bytes"] = Errno.EPERM;
        var exception = Assert.Throws<LinuxException>(() => tree.Create("b", new CgroupSettings { MemoryMax = 4096 }));
        Assert.Contains("/mem/insula/b/memory.limit_in_bytes", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("svc", "/v2/svc")]
    [InlineData("", "/v2")] // the mount shows a container's part of the hierarchy
    public void A_group_with_processes_is_left_for_a_leaf_first(string parent, string group)
    {
        _files.Put("/v2/cgroup.subtree_control", parent.Length > 0 ? "memory" : "");
        _files.Put($"{group}/cgroup.type", "domain\n");
        _files.Put($"{group}/cgroup.procs", "10\n11\n");
        _files.Put($"{group}/cgroup.controllers", "memory");
        _files.Put($"{group}/cgroup.subtree_control", "");
        CreateRoot(parent);
        Assert.Equal(
            [
                $"{group}/daemon/cgroup.procs=10", $"{group}/daemon/cgroup.procs=11",
                $"{group}/cgroup.subtree_control=+memory", $"{group}/insula/cgroup.max.depth=64",
            ],
            _files.Writes);
        Assert.True(_files.Exists($"{group}/insula"));
    }

    [Fact]
    public void A_process_that_forks_while_it_is_moved_is_followed_by_its_child()
    {
        _files.Put("/v2/cgroup.subtree_control", "memory");
        _files.Put("/v2/svc/cgroup.type", "domain\n");
        _files.Put("/v2/svc/cgroup.procs", "10\n");
        _files.Put("/v2/svc/cgroup.controllers", "memory");
        _files.Put("/v2/svc/cgroup.subtree_control", "");
        _files.OnWrite["/v2/svc/daemon/cgroup.procs=10"] = () => _files.Put("/v2/svc/cgroup.procs", "12\n");
        CreateRoot("svc");
        Assert.Equal(["/v2/svc/daemon/cgroup.procs=10", "/v2/svc/daemon/cgroup.procs=12"], _files.Writes[..2]);
    }

    [Fact]
    public void The_hierarchys_root_keeps_its_processes()
    {
        _files.Put("/v2/cgroup.procs", "1\n2\n");
        _files.Put("/v2/cgroup.controllers", "memory");
        _files.Put("/v2/cgroup.subtree_control", "");
        CreateRoot("");
        Assert.Equal(["/v2/cgroup.subtree_control=+memory", "/v2/insula/cgroup.max.depth=64"], _files.Writes);
    }

    [Fact]
    public void The_place_is_remembered_while_the_root_group_is_there()
    {
        var directory = Directory.CreateTempSubdirectory();
        var file = Path.Combine(directory.FullName, "cgroup");
        try
        {
            CgroupMemory.Keep(file, "system.slice/a.service");
            _files.Put(file, File.ReadAllText(file));
            Assert.Null(CgroupMemory.Recall(_files, file, "/v2", "insula"));
            _files.Put("/v2/system.slice/a.service/insula/cgroup.procs", "");
            Assert.Equal("system.slice/a.service", CgroupMemory.Recall(_files, file, "/v2", "insula"));
            Assert.Null(CgroupMemory.Recall(_files, file, "/v2", "insula-other"));
            Assert.Null(CgroupMemory.Recall(_files, file + "x", "/v2", "insula"));
            Assert.Null(CgroupMemory.Recall(_files, null, "/v2", "insula"));
        }
        finally
        {
            directory.Delete(true);
        }
    }

    [Fact]
    public async Task Removal_goes_depth_first_through_all_hierarchies_and_waits_while_busy()
    {
        var tree = Hybrid();
        tree.Create($"{Pod}/web.0", CgroupSettings.None);
        tree.CreateTracking($"{Pod}/web.0/exec-1");
        _files.Busy[$"/mem/insula/{Pod}/web.0"] = 2;
        await tree.RemoveAsync(Pod, TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.False(tree.Exists(Pod));
        Assert.Equal([], tree.List("pods/burstable"));
        Assert.Equal(["burstable"], tree.List("pods"));
        await tree.RemoveAsync(Pod, TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_group_that_stays_busy_is_reported_at_the_deadline()
    {
        var tree = Hybrid();
        tree.Create("a", CgroupSettings.None);
        _files.Busy["/mem/insula/a"] = int.MaxValue;
        var exception = await Assert.ThrowsAsync<TimeoutException>(
            () => tree.RemoveAsync("a", TimeSpan.FromMilliseconds(30), TestContext.Current.CancellationToken));
        Assert.Contains("cgroup a", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_cgroup2_a_group_is_killed_when_all_of_it_stands_still()
    {
        var tree = Legacy();
        _files.Put("/frz/insula/a/cgroup.procs", NoProcess);
        _files.Reads["/frz/insula/a/freezer.state"] = new(["FREEZING\n", "FREEZING\n", "FROZEN\n"]);
        _files.OnWrite["/frz/insula/a/freezer.state=THAWED"] = () =>
        {
            Assert.Empty(_files.Reads["/frz/insula/a/freezer.state"]);
            _files.Put("/frz/insula/a/cgroup.procs", "");
        };
        await tree.KillAsync("a", TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal(["/frz/insula/a/freezer.state=FROZEN", "/frz/insula/a/freezer.state=THAWED"], _files.Writes);
    }

    [Fact]
    public async Task What_never_stands_still_keeps_the_others_from_nothing()
    {
        var tree = Legacy();
        _files.Put("/frz/insula/a/cgroup.procs", NoProcess);
        _files.Put("/frz/insula/a/freezer.state", "FREEZING\n");
        var exception = await Assert.ThrowsAsync<TimeoutException>(
            () => tree.KillAsync("a", TimeSpan.FromMilliseconds(1), TestContext.Current.CancellationToken));
        Assert.Contains(NoProcess, exception.Message, StringComparison.Ordinal);
        Assert.Equal(["/frz/insula/a/freezer.state=FROZEN", "/frz/insula/a/freezer.state=THAWED"], _files.Writes);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("/x")]
    [InlineData("x//y")]
    [InlineData("x/./y")]
    [InlineData("x/")]
    [InlineData("")]
    public void Paths_that_lead_elsewhere_are_refused(string path) =>
        Assert.Throws<ArgumentException>(() => Hybrid().Create(path, CgroupSettings.None));

    [Fact]
    public void Counters_are_read_from_either_version()
    {
        var v2 = Unified("cpu memory pids");
        _files.Put("/v2/insula/a/memory.events", "low 0\nhigh 0\nmax 12\noom 2\noom_kill 1\n");
        _files.Put("/v2/insula/a/pids.events", "max 3\n");
        _files.Put("/v2/insula/a/cpu.stat", "usage_usec 100\nnr_periods 5\nnr_throttled 2\nthrottled_usec 70\n");
        _files.Put("/v2/insula/a/memory.current", "1000\n");
        _files.Put("/v2/insula/a/memory.peak", "2000\n");
        _files.Put("/v2/insula/a/memory.stat", "anon 1\ninactive_file 400\n");
        _files.Put("/v2/insula/a/pids.current", "4\n");
        _files.Put("/v2/insula/a/cpu.max", "5000 100000\n");
        _files.Put("/v2/insula/a/memory.max", "3000\n");
        _files.Put("/v2/insula/a/pids.max", "10\n");
        Assert.Equal(new CgroupEvents(1, 3), v2.ReadEvents("a"));
        var expected = new CgroupStats
        {
            CpuUsageMicroseconds = 100,
            CpuLimitNanoCores = 50_000_000,
            CpuPeriods = 5,
            CpuThrottledPeriods = 2,
            CpuThrottledMicroseconds = 70,
            MemoryCurrent = 1000,
            MemoryWorkingSet = 600,
            MemoryPeak = 2000,
            MemoryLimit = 3000,
            Pids = 4,
            PidsLimit = 10,
        };
        Assert.Equal(expected, v2.ReadStats("a"));

        var v1 = Hybrid();
        _files.Put("/mem/insula/a/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
        _files.Put("/mem/insula/a/memory.usage_in_bytes", "1000\n");
        _files.Put("/mem/insula/a/memory.max_usage_in_bytes", "2000\n");
        _files.Put("/mem/insula/a/memory.stat", "inactive_file 1\ntotal_inactive_file 400\n");
        _files.Put("/cpu/insula/a/cpu.stat", "nr_periods 5\nnr_throttled 2\nthrottled_time 70000\n");
        _files.Put("/cpu/insula/a/cpuacct.usage", "100000\n");
        _files.Put("/cpu/insula/a/cpu.cfs_quota_us", "5000\n");
        _files.Put("/cpu/insula/a/cpu.cfs_period_us", "100000\n");
        _files.Put("/mem/insula/a/memory.limit_in_bytes", "3000\n");
        Assert.Equal(new CgroupEvents(1, 0), v1.ReadEvents("a"));
        Assert.Equal(expected with { Pids = null, PidsLimit = null }, v1.ReadStats("a"));

        // Where cpuacct is not used, cgroup2's own count serves.
        _files.Put("/u/insula/b/cpu.stat", "usage_usec 55\n");
        Assert.Equal(55, v1.ReadStats("b").CpuUsageMicroseconds);
        Assert.Equal(new CgroupStats(), v1.ReadStats("not-there"));
        Assert.Equal(new CgroupEvents(0, 0), v1.ReadEvents("not-there"));
    }

    [Fact]
    public void What_disks_did_and_who_waited_is_read()
    {
        var v2 = Unified("cpu memory pids io");
        _files.Put("/v2/insula/a/io.stat", "8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n8:16 rbytes=5 wbytes=0 rios=3 wios=0\n254:0 \n");
        _files.Put("/v2/insula/a/cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=77\n");
        _files.Put("/v2/insula/a/memory.pressure", "some avg10=1.50 avg60=0.00 avg300=0.00 total=9\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=4\n");
        var stats = v2.ReadStats("a");
        Assert.Equal(new DiskUse(15, 20, 4, 2), stats.Disk);
        Assert.Equal((new Pressure(77, 0), new Pressure(9, 4), null), (stats.CpuPressure, stats.MemoryPressure, stats.DiskPressure));

        // A controller-less cgroup2 beside v1 measures pressure all the same.
        _files.Put("/u/insula/a/io.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=3\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=2\n");
        Assert.Equal(new Pressure(3, 2), Hybrid().ReadStats("a").DiskPressure);
    }

    [Fact]
    public void Without_a_limit_none_is_read()
    {
        var v2 = Unified("cpu memory pids");
        _files.Put("/v2/insula/a/cpu.max", "max 100000\n");
        _files.Put("/v2/insula/a/memory.max", "max\n");
        _files.Put("/v2/insula/a/pids.max", "max\n");
        Assert.Equal(new CgroupStats(), v2.ReadStats("a"));

        var v1 = Hybrid();
        _files.Put("/cpu/insula/a/cpu.cfs_quota_us", "-1\n");
        _files.Put("/cpu/insula/a/cpu.cfs_period_us", "100000\n");
        _files.Put("/mem/insula/a/memory.limit_in_bytes", "9223372036854771712\n");
        Assert.Equal(new CgroupStats(), v1.ReadStats("a"));
    }

    [Fact]
    public void Processes_are_those_of_all_hierarchies()
    {
        var tree = Hybrid();
        _files.Put("/u/insula/a/cgroup.procs", "3\n1\n");
        _files.Put("/mem/insula/a/cgroup.procs", "1\n2\n");
        Assert.Equal([1, 2, 3], tree.ReadProcesses("a"));
    }

    private void CreateRoot(string parent)
    {
        var layout = new CgroupLayout(CgroupMode.Unified, [new CgroupHierarchy("/v2", parent, true, new HashSet<string> { "memory" })]);
        new CgroupTree(layout, "insula", _files, _loop, TimeProvider.System).CreateRoot();
    }

    [Fact]
    public void What_bounds_all_groups_together_is_read_from_the_root_and_all_above_it()
    {
        var v2 = Unified("memory pids", "system.slice/insula-pods.service");
        _files.Put("/v2/system.slice/insula-pods.service/pids.max", "200\n");
        _files.Put("/v2/system.slice/insula-pods.service/pids.current", "150\n");
        _files.Put("/v2/system.slice/insula-pods.service/insula/pids.max", "max\n");
        _files.Put("/v2/system.slice/insula-pods.service/insula/pids.current", "150\n");
        _files.Put("/v2/system.slice/memory.max", "1000\n");
        _files.Put("/v2/system.slice/memory.current", "900\n");
        _files.Put("/v2/system.slice/memory.stat", "anon 500\ninactive_file 400\n");
        Assert.Equal([new("/v2/system.slice/insula-pods.service", 150, 200)], v2.ReadBounds("pids"));
        Assert.Equal([new("/v2/system.slice", 500, 1000)], v2.ReadBounds("memory"));

        var v1 = Hybrid();
        _files.Put("/mem/insula/memory.limit_in_bytes", "9223372036854771712\n");
        _files.Put("/mem/insula/memory.usage_in_bytes", "5\n");
        _files.Put("/mem/memory.limit_in_bytes", "2000\n");
        _files.Put("/mem/memory.usage_in_bytes", "700\n");
        _files.Put("/mem/memory.stat", "inactive_file 1\ntotal_inactive_file 100\n");
        Assert.Equal([new("/mem", 600, 2000)], v1.ReadBounds("memory"));
        Assert.Empty(v1.ReadBounds("pids"));
    }

    [Fact]
    public void Memory_is_throttled_and_protected_by_cgroup2_alone_as_far_as_the_groups_above_protect_it()
    {
        var settings = new CgroupSettings { MemoryHigh = 4096, MemoryMin = 8192, MemoryLow = 0 };
        var v2 = Unified("memory", "system.slice/insula-pods.service");
        Assert.True(v2.IsMemoryUnified);
        const string Group = "/v2/system.slice/insula-pods.service/insula/pods";
        _files.Put($"{Group}/memory.max", "max\n");
        v2.Apply("pods", settings);
        v2.Apply("pods", settings with { MemoryHigh = -1 });
        Assert.Equal(
            [$"{Group}/memory.high=4096", $"{Group}/memory.min=8192", $"{Group}/memory.low=0", $"{Group}/memory.high=max", $"{Group}/memory.min=8192", $"{Group}/memory.low=0"],
            _files.Writes);
        _files.Put($"{Group}/memory.high", "4096\n");
        _files.Put($"{Group}/memory.min", "8192\n");
        _files.Put($"{Group}/memory.low", "0\n");
        _files.Put($"{Group}/memory.events", "low 0\nhigh 7\nmax 0\n");
        Assert.True(v2.Holds("pods", settings));
        Assert.False(v2.Holds("pods", settings with { MemoryLow = 4096 }));
        Assert.Equal(
            (4096, 8192, null, 7), v2.ReadStats("pods") is var stats ? (stats.MemoryHigh, stats.MemoryMin, stats.MemoryLow, stats.MemoryThrottled) : default((long?, long?, long?, long?)));
        _files.Put("/v2/system.slice/memory.min", "0\n");
        _files.Put("/v2/system.slice/memory.low", "0\n");
        _files.Put("/v2/system.slice/insula-pods.service/memory.min", "0\n");
        _files.Put("/v2/system.slice/insula-pods.service/memory.low", "max\n");
        Assert.Equal(["/v2/system.slice"], v2.ReadUnprotected());

        var v1 = Hybrid();
        Assert.False(v1.IsMemoryUnified);
        _files.Put("/mem/insula/pods/memory.limit_in_bytes", "4096\n");
        _files.Writes.Clear();
        v1.Apply("pods", settings);
        Assert.Empty(_files.Writes);
        Assert.True(v1.Holds("pods", settings));
        Assert.Empty(v1.ReadUnprotected());
    }

    private CgroupTree Unified(string controllers, string parent = "")
    {
        _files.Put("/v2/cgroup.controllers", controllers);
        _files.Put("/v2/cgroup.subtree_control", "");
        var layout = new CgroupLayout(
            CgroupMode.Unified, [new CgroupHierarchy("/v2", parent, true, controllers.Split(' ').ToHashSet())]);
        return new CgroupTree(layout, "insula", _files, _loop, TimeProvider.System);
    }

    private CgroupTree Legacy() => new(
        new CgroupLayout(CgroupMode.Legacy, [new CgroupHierarchy("/frz", "", false, new HashSet<string> { "freezer" })]), "insula", _files, _loop, TimeProvider.System);

    private CgroupTree Hybrid()
    {
        var layout = new CgroupLayout(
            CgroupMode.Hybrid,
            [
                new CgroupHierarchy("/u", "", true, new HashSet<string>()),
                new CgroupHierarchy("/mem", "", false, new HashSet<string> { "memory" }),
                new CgroupHierarchy("/cpu", "", false, new HashSet<string> { "cpu", "cpuacct" }),
            ]);
        return new CgroupTree(layout, "insula", _files, _loop, TimeProvider.System);
    }
}
