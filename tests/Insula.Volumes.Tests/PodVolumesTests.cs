using Insula.Api.Core;
using Insula.Api.Values;
using Insula.Linux.Files;

namespace Insula.Volumes.Tests;

public sealed class PodVolumesTests : IDisposable
{
    private readonly string _pod = Directory.CreateTempSubdirectory("insula-volumes-").FullName;

    public void Dispose() => Directory.Delete(_pod, recursive: true);

    [Fact]
    public async Task An_empty_dir_is_made_once_and_everybody_may_write()
    {
        var volumes = Of(new Volume { Name = "cache", EmptyDir = new EmptyDirVolumeSource() });
        await volumes.PrepareAsync(default);
        File.WriteAllText(Path.Combine(_pod, "volumes/cache/f"), "kept");
        await volumes.PrepareAsync(default);
        Assert.Equal("kept", File.ReadAllText(Path.Combine(_pod, "volumes/cache/f")));
        Assert.Equal((UnixFileMode)0x1FF, File.GetUnixFileMode(Path.Combine(_pod, "volumes/cache")));
        Assert.Equal(new MountSource.InPodDirectory("volumes/cache"), await volumes.OpenAsync(Mount("cache"), "", default));
    }

    [Fact]
    public async Task A_volume_of_a_group_is_given_to_it_once_or_always()
    {
        var own = Entries.Status(Directories.Open(_pod)).Gid;
        const UnixFileMode Root = (UnixFileMode)(0x400 | 0x1FF);
        Volume[] volumes = [new Volume { Name = "cache" }, new Volume { Name = "m", EmptyDir = new EmptyDirVolumeSource { Medium = "Memory" } }];
        var once = new PodVolumes(_pod, volumes, new VolumeGroup(own, Always: false));
        Assert.Equal(new MemoryVolumeRequest("m", 0, (uint)Root, own), Assert.Single(once.MemoryVolumes));
        await once.PrepareAsync(default);
        var cache = Path.Combine(_pod, "volumes/cache");
        Assert.Equal(Root, File.GetUnixFileMode(cache));

        // What a program has made its own stays, until somebody says Always.
        var data = Directory.CreateDirectory(Path.Combine(cache, "data"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
        await once.PrepareAsync(default);
        Assert.Equal((UnixFileMode)0x1C0, File.GetUnixFileMode(data) & (UnixFileMode)0x1FF);
        await new PodVolumes(_pod, volumes, new VolumeGroup(own, Always: true)).PrepareAsync(default);
        Assert.Equal((UnixFileMode)(0x400 | 0x1F8), File.GetUnixFileMode(data));

        // A root that does not fit is a volume that was never finished, or has another group now.
        File.SetUnixFileMode(data, (UnixFileMode)0x1C0);
        File.SetUnixFileMode(cache, (UnixFileMode)0x1C0);
        await once.PrepareAsync(default);
        Assert.Equal((UnixFileMode)(0x400 | 0x1F8), File.GetUnixFileMode(data));
        Assert.Equal((UnixFileMode)(0x400 | 0x1F8), File.GetUnixFileMode(cache));
    }

    [Fact]
    public async Task A_volume_that_was_being_made_is_made_anew()
    {
        Directory.CreateDirectory(Path.Combine(_pod, "volumes/.new"));
        File.WriteAllText(Path.Combine(_pod, "volumes/.new/left"), "");
        await Of(new Volume { Name = "cache" }).PrepareAsync(default);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_pod, "volumes/cache")));
        Assert.Equal(["cache"], Directory.EnumerateFileSystemEntries(Path.Combine(_pod, "volumes")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_memory_volume_is_the_sandboxs_to_hold()
    {
        var volumes = Of(new Volume { Name = "m", EmptyDir = new EmptyDirVolumeSource { Medium = "Memory", SizeLimit = Quantity.Parse("1Mi") } });
        Assert.Equal(new MemoryVolumeRequest("m", 1 << 20, 0x1FF), Assert.Single(volumes.MemoryVolumes));
        await volumes.PrepareAsync(default);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_pod, "volumes")));
        Assert.Equal(new MountSource.Memory("m", "a/b"), await volumes.OpenAsync(Mount("m"), "a/b", default));
    }

    [Fact]
    public async Task Volumes_are_removed_without_following_links()
    {
        var outside = Directory.CreateTempSubdirectory("insula-outside-");
        try
        {
            File.WriteAllText(Path.Combine(outside.FullName, "f"), "kept");
            var volumes = Of(new Volume { Name = "cache" });
            await volumes.PrepareAsync(default);
            Directory.CreateDirectory(Path.Combine(_pod, "volumes/cache/deep/er"));
            File.CreateSymbolicLink(Path.Combine(_pod, "volumes/cache/link"), outside.FullName);
            await volumes.RemoveAsync(default);
            await volumes.RemoveAsync(default);
            Assert.False(Directory.Exists(Path.Combine(_pod, "volumes")));
            Assert.True(File.Exists(Path.Combine(outside.FullName, "f")));
        }
        finally
        {
            outside.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Volumes_on_disk_are_measured_with_their_limits_and_no_link_is_followed()
    {
        var volumes = Of(
            new Volume { Name = "big", EmptyDir = new EmptyDirVolumeSource { SizeLimit = Quantity.Parse("64Ki") } },
            new Volume { Name = "small", EmptyDir = new EmptyDirVolumeSource { SizeLimit = Quantity.Parse("64Ki") } },
            new Volume { Name = "free", EmptyDir = new EmptyDirVolumeSource() });
        await volumes.PrepareAsync(default);
        Directory.CreateDirectory(Path.Combine(_pod, "volumes/big/a/b"));
        File.WriteAllBytes(Path.Combine(_pod, "volumes/big/a/b/f"), new byte[200_000]);
        File.CreateSymbolicLink(Path.Combine(_pod, "volumes/small/loop"), "..");
        var found = await volumes.MeasureAsync(default);
        Assert.Equal([("big", "64Ki"), ("small", "64Ki"), ("free", null)], found.Select(f => (f.Name, f.Limit?.ToString())));
        Assert.InRange(found[0].UsedBytes, 200_000, 300_000);
        Assert.All(found.Skip(1), f => Assert.InRange(f.UsedBytes, 0, 10_000));
    }

    [Theory]
    [InlineData("Directory", "d", null)]
    [InlineData("DirectoryOrCreate", "d", null)]
    [InlineData("DirectoryOrCreate", "new/deep", null)]
    [InlineData("File", "f", null)]
    [InlineData("FileOrCreate", "newfile", null)]
    [InlineData("", "d", null)]
    [InlineData("", "f", null)]
    [InlineData("Directory", "f", "must be of type Directory, but is a file")]
    [InlineData("File", "d", "must be of type File, but is a directory")]
    [InlineData("Socket", "f", "must be of type Socket")]
    [InlineData("CharDevice", "f", "must be of type CharDevice")]
    [InlineData("BlockDevice", "/dev/null", "but is a character device")]
    [InlineData("CharDevice", "/dev/null", null)]
    [InlineData("Directory", "missing", "does not exist")]
    [InlineData("", "missing", "does not exist")]
    [InlineData("Folder", "d", "not one of Kubernetes'")]
    public async Task Host_paths_are_what_their_type_says(string type, string path, string? refusal)
    {
        Directory.CreateDirectory(Path.Combine(_pod, "d"));
        File.WriteAllText(Path.Combine(_pod, "f"), "");
        var full = Path.Combine(_pod, path);
        var volumes = Of(new Volume { Name = "host", HostPath = new HostPathVolumeSource { Path = full, Type = type } });
        if (refusal is null)
        {
            await volumes.PrepareAsync(default);
            Assert.True(Path.Exists(full));
        }
        else
        {
            var refused = await Assert.ThrowsAsync<VolumeException>(() => volumes.PrepareAsync(default));
            Assert.Contains(refusal, refused.Message, StringComparison.Ordinal);
            Assert.Contains("'host'", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_relative_host_path_an_unknown_volume_and_a_climbing_sub_path_are_refused()
    {
        var volumes = Of(
            new Volume { Name = "host", HostPath = new HostPathVolumeSource { Path = "etc" } },
            new Volume { Name = "cache" });
        await Assert.ThrowsAsync<VolumeException>(() => volumes.PrepareAsync(default));
        await Assert.ThrowsAsync<VolumeException>(() => volumes.OpenAsync(Mount("other"), "", default));
        foreach (var path in (string[])["../x", "/x", "a/../../x"])
        {
            await Assert.ThrowsAsync<VolumeException>(() => volumes.OpenAsync(Mount("cache"), path, default));
        }
    }

    private PodVolumes Of(params Volume[] volumes) => new(_pod, volumes);

    private static VolumeMount Mount(string name) => new() { Name = name, MountPath = "/v" };
}
