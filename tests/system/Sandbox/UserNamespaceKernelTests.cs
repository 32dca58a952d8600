using System.Globalization;
using Insula.Linux;
using Insula.Sandbox;
using Insula.Sandbox.Containers;

namespace Insula.SystemTests.Sandbox;

public sealed class UserNamespaceKernelTests
{
    private static readonly UserIdRange _ids = new(1900019712, 65536);

    [Fact]
    public async Task Root_inside_is_somebody_outside_also_for_the_next_daemon()
    {
        await using var host = new SandboxHost();
        var sandbox = await host.Service.CreateAsync(host.Spec() with { UserIds = _ids }, SandboxHost.Deadline);
        Assert.Equal(_ids, sandbox.UserIds);
        var started = await sandbox.StartAsync(host.Container("web.0", "sleep", "1000"), SandboxHost.Deadline);
        Assert.Equal(_ids.First, UidOf(started.Pid));
        Assert.Equal("0 1900019712 65536", string.Join(' ', File.ReadAllText($"/proc/{started.Pid}/uid_map").Split(' ', StringSplitOptions.RemoveEmptyEntries)).Trim());

        await host.RestartAsync();
        var adopted = await host.Service.AdoptAsync(host.SandboxId, SandboxHost.Deadline);
        Assert.NotNull(adopted);
        Assert.Equal(_ids, adopted.UserIds);
        Assert.Equal(started.Pid, Assert.Single(adopted.Containers).Pid);
        var late = await adopted.StartAsync(host.Container("late.0", "sleep", "1000"), SandboxHost.Deadline);
        Assert.Equal(_ids.First, UidOf(late.Pid));
        var outcome = await adopted.RunAsync(SandboxHost.Exec("late.0", "sh", "-c", "touch /made; stat -c %u:%g / /bin/busybox /made"), TimeSpan.FromSeconds(30), 1000, SandboxHost.Deadline);
        Assert.Equal(((int?)0, "0:0\n0:0\n0:0\n"), (outcome.Result?.Code, System.Text.Encoding.UTF8.GetString(outcome.Output.Span)));

        await host.Service.DestroyAsync(host.SandboxId, SandboxHost.Deadline);
        await host.AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task A_path_made_in_a_memory_volume_belongs_to_root_inside()
    {
        await using var host = new SandboxHost();
        var sandbox = await host.Service.CreateAsync(host.Spec() with { UserIds = _ids }, SandboxHost.Deadline);
        var spec = host.Container("web.0", "sh", "-c", "stat -c %u:%g /scratch /deep; touch /deep/file");
        using (var deep = await sandbox.OpenMemoryVolumeAsync("scratch", "a/b", SandboxHost.Deadline))
        {
            await sandbox.StartAsync(
                spec with
                {
                    Mounts =
                    [
                        .. spec.Mounts,
                        new ContainerMount.Bind(PodPaths.MemoryVolume("scratch"), "/scratch", MountOptions.CreateDirectory),
                        new ContainerMount.Detached(deep, "/deep", MountOptions.CreateDirectory),
                    ],
                },
                SandboxHost.Deadline);
        }

        Assert.Equal(0, (await sandbox.ExitOfAsync("web.0")).Code);
        Assert.Equal(["0:0", "0:0"], host.Log("web.0").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[3]));
    }

    [Fact]
    public async Task A_file_system_without_id_maps_is_named()
    {
        await using var host = new SandboxHost();
        var failure = await Assert.ThrowsAsync<LaunchException>(
            () => host.Service.CreateAsync(host.Spec() with { UserIds = _ids, LayersDirectory = "/proc" }, SandboxHost.Deadline));
        Assert.Equal(("idmap", Errno.EINVAL, "/layers"), (failure.Step, failure.Errno, failure.Detail));
        await host.AssertNothingIsLeftAsync();
    }

    private static uint UidOf(int pid) =>
        uint.Parse(File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1], CultureInfo.InvariantCulture);
}
