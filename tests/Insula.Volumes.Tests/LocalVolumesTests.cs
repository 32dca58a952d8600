using Insula.Volumes.Drivers;

namespace Insula.Volumes.Tests;

public sealed class LocalVolumesTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("insula-volumes-").FullName;

    private string Volumes => Path.Combine(_root, "volumes");

    [Fact]
    public async Task A_volume_is_made_once_had_and_removed()
    {
        var driver = new LocalVolumes(_root);
        Assert.Equal((UnixFileMode)0b111_000_000, File.GetUnixFileMode(Volumes));
        await driver.ProvisionAsync("pvc-1", 1 << 20, CancellationToken.None);
        var path = await driver.PublishAsync("pvc-1", "pod", CancellationToken.None);
        Assert.Equal(Path.Combine(Volumes, "pvc-1"), path);
        Assert.Equal((UnixFileMode)0b111_111_111, File.GetUnixFileMode(path));
        await File.WriteAllTextAsync(Path.Combine(path, "file"), "data");

        // Asked again after a death, it is left as it is.
        await driver.ProvisionAsync("pvc-1", 1 << 20, CancellationToken.None);
        Assert.Equal("data", await File.ReadAllTextAsync(Path.Combine(path, "file")));
        await driver.UnpublishAsync("pvc-1", "pod", CancellationToken.None);
        await driver.DeleteAsync("pvc-1", CancellationToken.None);
        await driver.DeleteAsync("pvc-1", CancellationToken.None);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Volumes));
        var e = await Assert.ThrowsAsync<VolumeException>(() => driver.PublishAsync("pvc-1", "pod", CancellationToken.None));
        Assert.Contains("does not exist", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_killed_daemon_has_left_half_done_is_finished()
    {
        var driver = new LocalVolumes(_root);
        Directory.CreateDirectory(Path.Combine(Volumes, ".pvc-1.new", "half"));
        await driver.ProvisionAsync("pvc-1", 1 << 20, CancellationToken.None);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(Volumes, "pvc-1")));

        // It had been given up and begun to be removed; somebody has made one of the name again.
        Directory.CreateDirectory(Path.Combine(Volumes, ".pvc-1.gone", "old"));
        await driver.DeleteAsync("pvc-1", CancellationToken.None);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Volumes));
    }

    [Fact]
    public async Task Links_are_neither_followed_nor_taken_for_volumes()
    {
        var driver = new LocalVolumes(_root);
        var outside = Directory.CreateDirectory(Path.Combine(_root, "outside")).FullName;
        await File.WriteAllTextAsync(Path.Combine(outside, "file"), "precious");
        await driver.ProvisionAsync("pvc-1", 1 << 20, CancellationToken.None);
        File.CreateSymbolicLink(Path.Combine(Volumes, "pvc-1", "link"), outside);
        File.CreateSymbolicLink(Path.Combine(Volumes, "pvc-2"), outside);
        await Assert.ThrowsAsync<VolumeException>(() => driver.PublishAsync("pvc-2", "pod", CancellationToken.None));
        await Assert.ThrowsAsync<VolumeException>(() => driver.ProvisionAsync("pvc-2", 1 << 20, CancellationToken.None));
        await driver.DeleteAsync("pvc-1", CancellationToken.None);
        await driver.DeleteAsync("pvc-2", CancellationToken.None);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Volumes));
        Assert.Equal("precious", await File.ReadAllTextAsync(Path.Combine(outside, "file")));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData(".pvc-1.gone")]
    [InlineData("a/b")]
    [InlineData("../outside")]
    [InlineData("a\0b")]
    public async Task What_is_no_name_of_a_volume_is_refused(string handle)
    {
        var driver = new LocalVolumes(_root);
        await Assert.ThrowsAsync<VolumeException>(() => driver.ProvisionAsync(handle, 1 << 20, CancellationToken.None));
        await Assert.ThrowsAsync<VolumeException>(() => driver.PublishAsync(handle, "pod", CancellationToken.None));
        await Assert.ThrowsAsync<VolumeException>(() => driver.DeleteAsync(handle, CancellationToken.None));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
