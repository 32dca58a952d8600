using Insula.Api.Core;
using Insula.Sandbox.Containers;
using Insula.Volumes;

namespace Insula.SystemTests.Sandbox;

public sealed class VolumeKernelTests
{
    [Fact]
    public async Task Host_paths_and_sub_paths_are_mounted_and_a_sub_path_never_leaves_its_volume()
    {
        await using var host = new SandboxHost();
        var outside = Directory.CreateDirectory(Path.Combine(host.Base, "outside"));
        File.WriteAllText(Path.Combine(outside.FullName, "secret"), "secret\n");
        var volumes = new PodVolumes(host.PodDirectory,
        [
            new Volume { Name = "cache" },
            new Volume { Name = "host", HostPath = new HostPathVolumeSource { Path = Path.Combine(outside.FullName, "made/here"), Type = "DirectoryOrCreate" } },
        ]);
        await volumes.PrepareAsync(SandboxHost.Deadline);
        var cache = Path.Combine(host.PodDirectory, "volumes/cache");
        File.CreateSymbolicLink(Path.Combine(cache, "absolute"), outside.FullName);
        File.CreateSymbolicLink(Path.Combine(cache, "climbing"), "../../../../../outside");
        Directory.CreateDirectory(Path.Combine(cache, "real"));
        File.CreateSymbolicLink(Path.Combine(cache, "inner"), "real");
        foreach (var path in (string[])["absolute", "climbing", "absolute/secret", "climbing/new"])
        {
            await Assert.ThrowsAsync<VolumeException>(() => volumes.OpenAsync(Mount("cache"), path, SandboxHost.Deadline));
        }

        Assert.False(Path.Exists(Path.Combine(outside.FullName, "new")));
        var inner = Assert.IsType<MountSource.Detached>(await volumes.OpenAsync(Mount("cache"), "inner", SandboxHost.Deadline));
        var made = Assert.IsType<MountSource.Detached>(await volumes.OpenAsync(Mount("cache"), "a/b", SandboxHost.Deadline));
        var shared = Assert.IsType<MountSource.Detached>(await volumes.OpenAsync(Mount("host"), "", SandboxHost.Deadline));
        Assert.True(inner.IsDirectory && made.IsDirectory && shared.IsDirectory);
        Assert.Equal((UnixFileMode)0x1FF, File.GetUnixFileMode(Path.Combine(cache, "a/b")));

        var sandbox = await host.Service.CreateAsync(host.Spec(), SandboxHost.Deadline);
        var spec = host.Container("web.0", "sh", "-c", "echo 1 > /inner/f && echo 2 > /made/f && echo 3 > /host/f && ! touch /ro/g");
        using (inner.Mount)
        using (made.Mount)
        using (shared.Mount)
        using (var again = Assert.IsType<MountSource.Detached>(await volumes.OpenAsync(Mount("host"), "", SandboxHost.Deadline)).Mount)
        {
            await sandbox.StartAsync(
                spec with
                {
                    Mounts =
                    [
                        .. spec.Mounts,
                        new ContainerMount.Detached(inner.Mount, "/inner", MountOptions.CreateDirectory),
                        new ContainerMount.Detached(made.Mount, "/made", MountOptions.CreateDirectory),
                        new ContainerMount.Detached(shared.Mount, "/host", MountOptions.CreateDirectory, MountPropagation.HostToContainer),
                        new ContainerMount.Detached(again, "/ro", MountOptions.CreateDirectory | MountOptions.RecursiveReadOnly),
                    ],
                },
                SandboxHost.Deadline);
        }

        Assert.True((await sandbox.ExitOfAsync("web.0")).Code == 0, host.Log("web.0"));
        Assert.Equal("1\n", File.ReadAllText(Path.Combine(cache, "real/f")));
        Assert.Equal("2\n", File.ReadAllText(Path.Combine(cache, "a/b/f")));
        Assert.Equal("3\n", File.ReadAllText(Path.Combine(outside.FullName, "made/here/f")));
        await host.Service.DestroyAsync(host.SandboxId, SandboxHost.Deadline);
        await host.AssertNothingIsLeftAsync();
        await volumes.RemoveAsync(SandboxHost.Deadline);
        Assert.False(Directory.Exists(Path.Combine(host.PodDirectory, "volumes")));
    }

    private static VolumeMount Mount(string name) => new() { Name = name, MountPath = "/v" };
}
