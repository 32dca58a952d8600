using Insula.Linux;
using Insula.Linux.Cgroups;
using Insula.Sandbox;
using Insula.Sandbox.Containers;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Sandbox;

public sealed class ContainerKernelTests
{
    [Fact]
    public async Task A_container_runs_in_the_pods_namespaces_and_leaves_nothing()
    {
        await using var host = new SandboxHost();
        var sandbox = await host.Service.CreateAsync(host.Spec(), SandboxHost.Deadline);
        var started = await sandbox.StartAsync(
            host.Container("web.0", "sh", "-c", "hostname; id -u; ls /proc/self/fd | wc -l; echo $$; sleep 1000"), SandboxHost.Deadline);
        Assert.True(started.Pid > 1);
        await Eventually.TrueAsync(() => File.Exists(Path.Combine(host.PodDirectory, "logs/web.0.log")) && host.Log("web.0").Split('\n').Length > 4, "four lines are logged");
        // Descriptors 0–2, and the one by which ls reads the directory.
        Assert.Equal(["testpod", "0", "4", "1"], host.Log("web.0").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[3]));
        Assert.Equal(File.ResolveLinkTarget($"/proc/{started.Pid}/ns/net", false)!.Name, File.ResolveLinkTarget($"/proc/self/fd/{sandbox.NetworkNamespace.Value}", false)!.Name);
        Assert.NotEqual(File.ResolveLinkTarget("/proc/self/ns/net", false)!.Name, File.ResolveLinkTarget($"/proc/{started.Pid}/ns/net", false)!.Name);
        var state = Assert.Single(sandbox.Containers);
        Assert.True(state.IsRunning);
        Assert.Equal(started.Pid, state.Pid);

        await host.Service.DestroyAsync(host.SandboxId, SandboxHost.Deadline);
        await host.AssertNothingIsLeftAsync();
        Assert.True(File.Exists(Path.Combine(host.PodDirectory, "logs/web.0.log")), "logs are not the sandbox's");
    }

    [Theory]
    [InlineData("exit 0", 0, 0)]
    [InlineData("exit 7", 7, 0)]
    [InlineData("exit 255", 255, 0)]
    public async Task Exit_codes_arrive_as_events(string script, int code, int signal)
    {
        await using var host = new SandboxHost();
        var sandbox = await host.Service.CreateAsync(host.Spec(), SandboxHost.Deadline);
        await sandbox.StartAsync(host.Container("web.0", "sh", "-c", script), SandboxHost.Deadline);
        var exit = await sandbox.ExitOfAsync("web.0");
        Assert.Equal((code, signal, false), (exit.Code, exit.Signal, exit.OomKilled));
        Assert.InRange(exit.FinishedAt, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddSeconds(1));
        await sandbox.RemoveAsync("web.0", SandboxHost.Deadline);
        await sandbox.RemoveAsync("web.0", SandboxHost.Deadline);
        Assert.Empty(sandbox.Containers);
        Assert.False(host.Cgroups.Exists($"{host.CgroupParent}/web.0"));
        Assert.False(Directory.Exists(Path.Combine(host.PodDirectory, "containers/web.0")));
    }

    [Fact]
    public async Task Signals_reach_the_program_and_kill_ends_everything()
    {
        await using var host = new SandboxHost();
        var sandbox = await host.Service.CreateAsync(host.Spec(), SandboxHost.Deadline);
        await sandbox.StartAsync(host.Container("a.0", "sh", "-c", "trap 'exit 3' TERM; echo ready; while :; do sleep 0.05; done"), SandboxHost.Deadline);
        await Eventually.TrueAsync(() => host.Log("a.0").Contains("ready", StringComparison.Ordinal), "the trap is set");
        await sandbox.SignalAsync("a.0", 15, SandboxHost.Deadline);
        Assert.Equal(3, (await sandbox.ExitOfAsync("a.0")).Code);

        await sandbox.StartAsync(host.Container("b.0", "sh", "-c", "sleep 1000 & sleep 1000"), SandboxHost.Deadline);
        await sandbox.KillAsync("b.0", SandboxHost.Deadline);
        var exit = await sandbox.ExitOfAsync("b.0");
        Assert.Equal((137, 9), (exit.Code, exit.Signal));
        Assert.Empty(host.Cgroups.ReadProcesses($"{host.CgroupParent}/b.0"));
        await Assert.ThrowsAnyAsync<SandboxException>(() => sandbox.SignalAsync("b.0", 15, SandboxHost.Deadline));
    }

    [Fact]
    public async Task A_failed_launch_names_its_step_and_leaves_nothing()
    {
        await using var host = new SandboxHost();
        var sandbox = await host.Service.CreateAsync(host.Spec(), SandboxHost.Deadline);
        var failure = await Assert.ThrowsAsync<LaunchException>(
            () => sandbox.StartAsync(host.Container("web.0", "/bin/no-such-program"), SandboxHost.Deadline));
        Assert.Equal(("exec", Errno.ENOENT), (failure.Step, failure.Errno));
        Assert.Contains("web.0", failure.Message, StringComparison.Ordinal);
        Assert.Empty(sandbox.Containers);
        Assert.False(host.Cgroups.Exists($"{host.CgroupParent}/web.0"));
        Assert.False(Directory.Exists(Path.Combine(host.PodDirectory, "containers/web.0")));
        // The same id may be tried again, as the same attempt.
        await sandbox.StartAsync(host.Container("web.0", "sleep", "1000"), SandboxHost.Deadline);
        await Assert.ThrowsAsync<SandboxException>(() => sandbox.StartAsync(host.Container("web.0", "sleep", "1000"), SandboxHost.Deadline));
    }

    [Fact]
    public async Task A_container_over_its_memory_is_told_as_oom_killed()
    {
        await using var host = new SandboxHost();
        var sandbox = await host.Service.CreateAsync(host.Spec(), SandboxHost.Deadline);
        var spec = host.Container("web.0", "sh", "-c", "a=xxxxxxxxxxxxxxxx; while :; do a=$a$a; done") with
        {
            CgroupSettings = new CgroupSettings { MemoryMax = 16 << 20, MemorySwapMax = 0 },
        };
        await sandbox.StartAsync(spec, SandboxHost.Deadline);
        var exit = await sandbox.ExitOfAsync("web.0");
        Assert.True(exit.OomKilled, $"{exit}");
        Assert.Equal(137, exit.Code);
    }

    [Fact]
    public async Task Devices_outside_the_list_cannot_be_opened()
    {
        await using var host = new SandboxHost();
        var sandbox = await host.Service.CreateAsync(host.Spec(), SandboxHost.Deadline);
        var script = "mknod /tmp/mem c 1 1; cat /tmp/mem > /dev/null 2>/tmp/e && exit 1; cat /tmp/e; head -c 1 /dev/zero > /dev/null || exit 2; exit 0";
        var spec = host.Container("web.0", "sh", "-c", script);
        await sandbox.StartAsync(spec, SandboxHost.Deadline);
        Assert.Equal(0, (await sandbox.ExitOfAsync("web.0")).Code);
        Assert.Contains("Operation not permitted", host.Log("web.0"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_shared_process_namespace_containers_see_each_other_and_none_outlives_its_first_process()
    {
        await using var host = new SandboxHost();
        var sandbox = await host.Service.CreateAsync(host.Spec(NamespaceMode.Pod), SandboxHost.Deadline);
        static string Sees(string program) => "until ps | grep -E '^ *[0-9]+ +[^ ]+ +([0-9:]+ +)?(\\{[a-z]+\\} )?" + program + "$'; do sleep 0.1; done";
        var first = host.Container("a.0", "sh", "-c", $"sleep 1234 & {Sees("sleep 1000")}; exit 0") with { Pid = NamespaceMode.Pod };
        var second = host.Container("b.0", "sh", "-c", $"{Sees("sleep 1234")}; exec sleep 1000") with { Pid = NamespaceMode.Pod };
        await sandbox.StartAsync(first, SandboxHost.Deadline);
        await sandbox.StartAsync(second, SandboxHost.Deadline);
        await sandbox.ExitOfAsync("a.0");
        await Eventually.TrueAsync(() => host.Cgroups.ReadProcesses($"{host.CgroupParent}/a.0").Count == 0, "the orphan is ended with its container");
        Assert.Contains("sleep 1000", host.Log("a.0"), StringComparison.Ordinal);
        Assert.Contains("sleep 1234", host.Log("b.0"), StringComparison.Ordinal);
        await host.Service.DestroyAsync(host.SandboxId, SandboxHost.Deadline);
        await host.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task Memory_volumes_survive_a_restart_and_their_sub_paths_stay_inside()
    {
        await using var host = new SandboxHost();
        var sandbox = await host.Service.CreateAsync(host.Spec(), SandboxHost.Deadline);
        var mount = new ContainerMount.Bind(PodPaths.MemoryVolume("scratch"), "/data", MountOptions.CreateDirectory);
        var writer = host.Container("web.0", "sh", "-c", "mkdir -p /data/x; echo kept > /data/x/f; ln -s /etc /data/out");
        await sandbox.StartAsync(writer with { Mounts = [.. writer.Mounts, mount] }, SandboxHost.Deadline);
        Assert.Equal(0, (await sandbox.ExitOfAsync("web.0")).Code);

        using var sub = await sandbox.OpenMemoryVolumeAsync("scratch", "x", SandboxHost.Deadline);
        var reader = host.Container("web.1", "cat", "/data/f");
        await sandbox.StartAsync(reader with { Mounts = [.. reader.Mounts, new ContainerMount.Detached(sub, "/data", MountOptions.ReadOnly)] }, SandboxHost.Deadline);
        Assert.Equal(0, (await sandbox.ExitOfAsync("web.1")).Code);
        Assert.Contains("kept", host.Log("web.1"), StringComparison.Ordinal);
        using var made = await sandbox.OpenMemoryVolumeAsync("scratch", "new/deep", SandboxHost.Deadline);
        var escape = await Assert.ThrowsAsync<LinuxException>(() => sandbox.OpenMemoryVolumeAsync("scratch", "out/passwd", SandboxHost.Deadline));
        Assert.Equal(Errno.EXDEV, escape.Errno);
    }
}
