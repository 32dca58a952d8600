using Insula.Linux;
using Insula.Linux.Cgroups;
using Insula.Linux.Files;
using Insula.Linux.LibC;
using Insula.Linux.Processes;
using Insula.Linux.Sockets;
using Insula.Sandbox;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Sandbox;

public sealed class AdoptionKernelTests
{
    private const int Stop = 19; // SIGSTOP

    [Fact]
    public async Task A_new_daemon_finds_running_containers_and_the_exits_it_missed()
    {
        await using var host = new SandboxHost();
        var old = await host.Service.CreateAsync(host.Spec(), SandboxHost.Deadline);
        var running = await old.StartAsync(host.Container("a.0", "sh", "-c", "while :; do echo tick; sleep 0.1; done"), SandboxHost.Deadline);
        await old.StartAsync(host.Container("b.0", "sh", "-c", "sleep 0.5; exit 5"), SandboxHost.Deadline);
        await using var session = await old.ExecAsync(SandboxHost.Exec("a.0", "sleep", "1000"), SandboxHost.Deadline);
        await host.RestartAsync();
        await Eventually.TrueAsync(() => host.Cgroups.ReadProcesses($"{host.CgroupParent}/b.0").Count == 0, "b ends while nobody watches");

        Assert.Equal([host.SandboxId], host.Service.ListKnown());
        var adopted = await host.Service.AdoptAsync(host.SandboxId, SandboxHost.Deadline);
        Assert.NotNull(adopted);
        Assert.Equal(5, (await adopted.ExitOfAsync("b.0")).Code);
        var a = adopted.Containers.Single(container => container.Id == "a.0");
        Assert.Equal((true, running.Pid), (a.IsRunning, a.Pid));
        Assert.Equal((running.User!.Uid, running.User.Gid), (a.User!.Uid, a.User.Gid));
        Assert.Equal(running.User.Groups, a.User.Groups);
        Assert.InRange((a.StartedAt - running.StartedAt).Duration(), TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
        Assert.Equal(running.Pid, Assert.Single(host.Cgroups.ReadProcesses($"{host.CgroupParent}/a.0"), pid => pid == running.Pid));
        Assert.DoesNotContain(host.Cgroups.List($"{host.CgroupParent}/a.0"), name => name.StartsWith("exec-", StringComparison.Ordinal));

        await adopted.RemoveAsync("b.0", SandboxHost.Deadline);
        await adopted.StartAsync(host.Container("b.1", "sleep", "1000"), SandboxHost.Deadline);
        var outcome = await adopted.RunAsync(SandboxHost.Exec("a.0", "true"), TimeSpan.FromSeconds(20), 100, SandboxHost.Deadline);
        Assert.Equal(0, outcome.Result?.Code);
        await host.Service.DestroyAsync(host.SandboxId, SandboxHost.Deadline);
        await host.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task An_exit_is_told_to_every_daemon_until_the_container_is_removed()
    {
        await using var host = new SandboxHost();
        var sandbox = await host.Service.CreateAsync(host.Spec(), SandboxHost.Deadline);
        await sandbox.StartAsync(host.Container("a.0", "sh", "-c", "exit 9"), SandboxHost.Deadline);
        Assert.Equal(9, (await sandbox.ExitOfAsync("a.0")).Code);
        for (var i = 0; i < 2; i++)
        {
            await host.RestartAsync();
            sandbox = (await host.Service.AdoptAsync(host.SandboxId, SandboxHost.Deadline))!;
            Assert.Equal(9, (await sandbox.ExitOfAsync("a.0")).Code);
        }

        await sandbox.RemoveAsync("a.0", SandboxHost.Deadline);
        await host.RestartAsync();
        sandbox = (await host.Service.AdoptAsync(host.SandboxId, SandboxHost.Deadline))!;
        Assert.Empty(sandbox.Containers);
        Assert.False(sandbox.Events.TryRead(out _));
    }

    [Fact]
    public async Task A_killed_shim_is_noticed_and_what_it_left_is_destroyed()
    {
        await using var host = new SandboxHost();
        var sandbox = await host.Service.CreateAsync(host.Spec(), SandboxHost.Deadline);
        await sandbox.StartAsync(host.Container("a.0", "sh", "-c", "sleep 1000 & sleep 1000"), SandboxHost.Deadline);
        await using var session = await sandbox.ExecAsync(SandboxHost.Exec("a.0", "sleep", "1000"), SandboxHost.Deadline);
        using (var shim = PidFd.Open(sandbox.ShimPid))
        {
            shim.Signal(9);
        }

        Assert.IsType<SandboxEvent.ShimDied>(await sandbox.Events.ReadAsync(SandboxHost.Deadline));
        await Assert.ThrowsAsync<SandboxException>(() => session.Completion.WaitAsync(SandboxHost.Deadline));
        await Assert.ThrowsAsync<SandboxException>(() => sandbox.SignalAsync("a.0", 15, SandboxHost.Deadline));
        Assert.Null(await host.Service.AdoptAsync(host.SandboxId, SandboxHost.Deadline));
        await host.Service.DestroyAsync(host.SandboxId, SandboxHost.Deadline);
        await host.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task A_shim_that_hangs_is_ended_with_the_container_whose_end_it_does_not_tell()
    {
        await using var host = new SandboxHost();
        var sandbox = await host.Service.CreateAsync(host.Spec(), SandboxHost.Deadline);
        await sandbox.StartAsync(host.Container("a.0", "sleep", "1000"), SandboxHost.Deadline);
        using var shim = PidFd.Open(sandbox.ShimPid);
        shim.Signal(Stop);
        await sandbox.KillAsync("a.0", SandboxHost.Deadline);
        Assert.IsType<SandboxEvent.ShimDied>(await sandbox.Events.ReadAsync(SandboxHost.Deadline));
        await host.Service.DestroyAsync(host.SandboxId, SandboxHost.Deadline);
        await host.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task A_shim_that_died_while_nobody_watched_is_not_adopted()
    {
        await using var host = new SandboxHost();
        var sandbox = await host.Service.CreateAsync(host.Spec(), SandboxHost.Deadline);
        await sandbox.StartAsync(host.Container("a.0", "sleep", "1000"), SandboxHost.Deadline);
        using var shim = PidFd.Open(sandbox.ShimPid);
        await host.RestartAsync();
        shim.Signal(9);
        await Eventually.TrueAsync(() => !Directory.Exists($"/proc/{shim.Pid}") || ProcessStat.Read(shim.Pid) is { IsZombie: true }, "the shim ends");
        Assert.Null(await host.Service.AdoptAsync(host.SandboxId, SandboxHost.Deadline));
        await host.Service.DestroyAsync(host.SandboxId, SandboxHost.Deadline);
        await host.Service.DestroyAsync(host.SandboxId, SandboxHost.Deadline);
        await host.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task Destroying_clears_what_a_crash_left_at_any_point()
    {
        await using var host = new SandboxHost();
        var sandboxes = Directory.CreateDirectory(Path.Combine(host.Base, "run/sandboxes"));

        // After mkdir of the run directory.
        sandboxes.CreateSubdirectory(host.SandboxId);
        Assert.Null(await host.Service.AdoptAsync(host.SandboxId, SandboxHost.Deadline));
        await host.Service.DestroyAsync(host.SandboxId, SandboxHost.Deadline);
        await host.AssertNothingIsLeftAsync();

        // The run directory is lost with a reboot or a clean /run, cgroups and layers are not.
        host.Cgroups.Create($"{host.CgroupParent}/a.0", CgroupSettings.None);
        host.Cgroups.Create($"shims/{host.SandboxId}", CgroupSettings.None);
        Directory.CreateDirectory(Path.Combine(host.PodDirectory, "containers/a.0/upper/etc"));
        Assert.Equal([host.SandboxId], host.Service.ListKnown());
        await host.Service.DestroyAsync(host.SandboxId, SandboxHost.Deadline);
        await host.AssertNothingIsLeftAsync();

        // A shim that was spawned and never set up: in no cgroup, and its number not yet written down.
        using (var directory = Directories.Open(sandboxes.CreateSubdirectory(host.SandboxId).FullName))
        using (var shim = SpawnShim(directory))
        {
            Assert.Null(await host.Service.AdoptAsync(host.SandboxId, SandboxHost.Deadline));
            await host.Service.DestroyAsync(host.SandboxId, SandboxHost.Deadline);
            await Eventually.TrueAsync(() => shim.PidFd.TryReap() is not null, "the shim ends");
        }

        await host.AssertNothingIsLeftAsync();

        // All of it, and a daemon that went away in the middle.
        var sandbox = await host.Service.CreateAsync(host.Spec(), SandboxHost.Deadline);
        await sandbox.StartAsync(host.Container("a.0", "sleep", "1000"), SandboxHost.Deadline);
        await host.RestartAsync();
        await host.Service.DestroyAsync(host.SandboxId, SandboxHost.Deadline);
        await host.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task The_program_of_a_shim_cannot_be_overwritten_and_its_directories_are_roots_alone()
    {
        await using var host = new SandboxHost();
        var sandbox = await host.Service.CreateAsync(host.Spec(), SandboxHost.Deadline);
        // While it runs, that alone refuses to write to it; who keeps a way to it may wait until nobody runs it.
        using var program = Descriptor.Open($"/proc/{sandbox.ShimPid}/exe", fcntl.O_PATH);
        var refused = Assert.Throws<LinuxException>(() => Descriptor.Open(program.ProcPath, fcntl.O_WRONLY));
        Assert.Contains(refused.Errno, (Errno[])[Errno.EROFS, Errno.ETXTBSY]);
        foreach (var path in (string[])["root/shim", "run/sandboxes", $"run/sandboxes/{host.SandboxId}"])
        {
            Assert.Equal((UnixFileMode)0x1C0, File.GetUnixFileMode(Path.Combine(host.Base, path)));
        }

        await host.Service.DestroyAsync(host.SandboxId, SandboxHost.Deadline);
        await Eventually.TrueAsync(() => !Directory.Exists($"/proc/{sandbox.ShimPid}"), "the shim is gone");
        await host.RestartAsync(); // ends the fork server, which runs it, too
        refused = Assert.Throws<LinuxException>(() => Descriptor.Open(program.ProcPath, fcntl.O_WRONLY));
        Assert.Equal(Errno.EROFS, refused.Errno);
    }

    [Fact]
    public async Task A_failed_creation_leaves_nothing()
    {
        await using var host = new SandboxHost();
        var spec = host.Spec() with { Sysctls = new Dictionary<string, string> { ["net.no.such"] = "1" } };
        var failure = await Assert.ThrowsAsync<LaunchException>(() => host.Service.CreateAsync(spec, SandboxHost.Deadline));
        Assert.Equal("sysctl", failure.Step);
        await host.AssertNothingIsLeftAsync();
    }

    private static ChildProcess SpawnShim(Descriptor directory)
    {
        using var listener = SeqPacketSocket.Listen(directory, "shim.sock");
        return Spawn.Start(new SpawnRequest
        {
            Path = Repository.Program("insula-shim"),
            Arguments = ["insula-shim", "supervise"],
            Descriptors = [null, null, null, listener.Descriptor],
            NewSession = true,
        });
    }
}
