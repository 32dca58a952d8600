using Insula.Linux;
using Insula.Linux.Cgroups;

namespace Insula.SystemTests.Linux;

public sealed class CgroupTreeKernelTests
{
    private const string Container = "pods/burstable/pod1/web.0";
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(20);
    private static readonly CancellationToken _token = TestContext.Current.CancellationToken;

    public static TheoryData<CgroupShape> Shapes { get; } =
        File.ReadAllText("/proc/self/mountinfo") is var mounts && mounts.Contains(" - cgroup2 ", StringComparison.Ordinal)
            ? mounts.Contains(" - cgroup ", StringComparison.Ordinal)
                ? [CgroupShape.Host, CgroupShape.Unified, CgroupShape.Legacy]
                : [CgroupShape.Host]
            : [CgroupShape.Legacy];

    // Beside v1 hierarchies the cgroup2 one has no controllers to limit anything.
    public static TheoryData<CgroupShape> LimitingShapes { get; } =
        [.. Shapes.Select(row => row.Data).Where(shape => shape != CgroupShape.Unified)];

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task A_tree_of_processes_is_tracked_killed_and_removed(CgroupShape shape)
    {
        await using var fixture = new CgroupFixture(shape);
        fixture.Tree.Create(Container, CgroupSettings.None);
        fixture.Tree.CreateTracking($"{Container}/exec-1");

        var (read, write) = Descriptor.Pipe();
        using (read)
        {
            // setsid: no process group and no session holds the tree together, only the cgroup does.
            using var child = fixture.Start(Container, "for i in 1 2 3; do setsid sleep 1000 & done; echo ready; wait", write);
            using var exec = fixture.Start($"{Container}/exec-1", "echo ready; sleep 1000", write);
            write.Dispose();

            // Both: what has not moved yet, one v1 hierarchy after the other, is not killed either.
            for (var told = 0; told < 2 * "ready\n".Length;)
            {
                told += read.Read(new byte[6]) is > 0 and var some ? some : throw new InvalidOperationException("a shell ended too early");
            }

            Assert.Contains(child.Pid, fixture.Tree.ReadProcesses(Container));
            Assert.True(fixture.Tree.ReadProcesses(Container).Count >= 4);
            await Assert.ThrowsAsync<TimeoutException>(() => fixture.Tree.RemoveAsync(Container, TimeSpan.FromMilliseconds(50), _token));

            await fixture.Tree.KillAsync($"{Container}/exec-1", _deadline, _token);
            Assert.Equal(137, (await exec.WaitAsync(fixture.Loop, CgroupFixture.Deadline)).ShellCode);
            Assert.Null(child.PidFd.TryReap());

            await fixture.Tree.KillAsync(Container, _deadline, _token);
            Assert.Equal(137, (await child.WaitAsync(fixture.Loop, CgroupFixture.Deadline)).ShellCode);
            Assert.Empty(fixture.Tree.ReadProcesses(Container));

            // The last writer is gone: so is every sleep.
            Assert.Empty(read.ReadToEnd());
        }

        await fixture.Tree.RemoveAsync("pods/burstable/pod1", _deadline, _token);
        Assert.False(fixture.Tree.Exists("pods/burstable/pod1"));
        Assert.Equal(["burstable"], fixture.Tree.List("pods"));
    }

    [Fact]
    public async Task A_process_over_its_memory_is_killed_and_counted()
    {
        await using var fixture = new CgroupFixture();
        Assert.SkipUnless(fixture.Tree.Controllers.Contains("memory"), "no memory controller");
        fixture.Tree.Create(Container, new CgroupSettings { MemoryMax = 32 << 20, MemorySwapMax = 0, OomGroup = true });
        var status = await fixture.RunAsync(Container, "exec dd if=/dev/zero of=/dev/null bs=200M count=1");
        Assert.Equal(137, status.ShellCode);
        Assert.True(fixture.Tree.ReadEvents(Container).OomKills >= 1);
        Assert.InRange(fixture.Tree.ReadStats(Container).MemoryPeak ?? 0, 16 << 20, 33 << 20);
    }

    [Fact]
    public async Task Limits_can_be_raised_and_lowered_in_place()
    {
        await using var fixture = new CgroupFixture();
        foreach (var megabytes in new[] { 64L, 16, 128, 8 })
        {
            fixture.Tree.Create(Container, new CgroupSettings
            {
                MemoryMax = megabytes << 20,
                MemorySwapMax = 0,
                CpuQuotaMicroseconds = megabytes * 1000,
                CpuPeriodMicroseconds = 50_000 + megabytes,
                CpuShares = (ulong)megabytes,
            });
        }
    }

    [Fact]
    public async Task Forks_beyond_the_limit_are_refused_and_counted()
    {
        await using var fixture = new CgroupFixture();
        Assert.SkipUnless(fixture.Tree.Controllers.Contains("pids"), "no pids controller");
        fixture.Tree.Create(Container, new CgroupSettings { PidsMax = 3 });
        var status = await fixture.RunAsync(Container, "for i in 1 2 3 4 5 6; do sleep 100 & done; exit 0");
        Assert.NotEqual(0, status.ShellCode);
        Assert.True(fixture.Tree.ReadEvents(Container).PidsMaxHits >= 1);
        Assert.InRange(fixture.Tree.ReadStats(Container).Pids ?? 0, 1, 3);
    }

    [Theory]
    [MemberData(nameof(LimitingShapes))]
    public async Task A_fork_bomb_stays_inside_and_is_ended(CgroupShape shape)
    {
        await using var fixture = new CgroupFixture(shape);

        // Without the controller there would be nothing to keep it inside.
        Assert.SkipUnless(fixture.Tree.Controllers.Contains("pids"), "no pids controller");
        fixture.Tree.Create(Container, new CgroupSettings { PidsMax = 60 });
        using var child = fixture.Start(Container, "bomb() { bomb | bomb & }; bomb; while :; do bomb; done 2>/dev/null");
        var deadline = DateTime.UtcNow + _deadline;
        while (fixture.Tree.ReadEvents(Container).PidsMaxHits == 0 && DateTime.UtcNow < deadline)
        {
            // The counter has no event on v1.
            await Task.Delay(5, _token);
        }

        Assert.True(fixture.Tree.ReadEvents(Container).PidsMaxHits > 0);
        await fixture.Tree.KillAsync(Container, _deadline, _token);
        Assert.Empty(fixture.Tree.ReadProcesses(Container));
        await child.WaitAsync(fixture.Loop, CgroupFixture.Deadline);
    }

    [Fact]
    public async Task A_group_over_its_quota_is_throttled_visibly()
    {
        await using var fixture = new CgroupFixture();
        Assert.SkipUnless(fixture.Tree.Controllers.Contains("cpu"), "no cpu controller");
        fixture.Tree.Create(Container, new CgroupSettings { CpuQuotaMicroseconds = 10_000, CpuPeriodMicroseconds = 100_000 });
        await fixture.RunAsync(Container, "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done");
        var stats = fixture.Tree.ReadStats(Container);
        Assert.True(stats.CpuThrottledPeriods > 0, $"{stats}");
        Assert.True(stats.CpuThrottledMicroseconds > 0, $"{stats}");
        Assert.True(stats.CpuUsageMicroseconds > 0, $"{stats}");
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Only_listed_devices_can_be_opened(CgroupShape shape)
    {
        await using var fixture = new CgroupFixture(shape);
        fixture.Tree.Create(Container, CgroupSettings.None);
        fixture.Tree.ApplyDevices(Container, DeviceFilter.Defaults);
        Assert.Equal(0, (await fixture.RunAsync(Container, "head -c 1 /dev/zero >/dev/null")).Code);
        Assert.NotEqual(0, (await fixture.RunAsync(Container, "head -c 1 /dev/kmsg >/dev/null || head -c 1 /dev/mem >/dev/null")).Code);

        // A second list takes the place of the first.
        fixture.Tree.ApplyDevices(Container, [new DeviceRule('c', 1, 3, "rw")]);
        Assert.NotEqual(0, (await fixture.RunAsync(Container, "head -c 1 /dev/zero >/dev/null")).Code);
        fixture.Tree.ApplyDevices(Container, DeviceFilter.All);
        Assert.Equal(0, (await fixture.RunAsync(Container, "head -c 1 /dev/zero >/dev/null")).Code);
    }
}
