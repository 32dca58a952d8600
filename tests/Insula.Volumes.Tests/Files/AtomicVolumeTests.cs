using System.Text;
using Insula.Linux;
using Insula.Linux.Files;
using Insula.Volumes.Files;

namespace Insula.Volumes.Tests.Files;

public sealed class AtomicVolumeTests : IDisposable
{
    private static readonly VolumeOwner Root = new(0, null);
    private readonly string _path = Directory.CreateTempSubdirectory("insula-atomic-").FullName;
    private readonly Descriptor _volume;

    public AtomicVolumeTests() => _volume = Directories.Open(_path);

    [Fact]
    public void Readers_see_links_through_data_to_files_with_their_modes()
    {
        Assert.False(AtomicVolume.IsWritten(_volume));
        Assert.True(AtomicVolume.Write(_volume, [File("a", "1"), File("dir/b", "2", 0b100_000_000)], Root));
        Assert.True(AtomicVolume.IsWritten(_volume));
        Assert.Equal(["..data", "a", "dir"], Names().Where(n => !IsTimed(n)));
        Assert.Equal("..data/a", new FileInfo(At("a")).LinkTarget);
        Assert.Equal(("1", "2"), (Read("a"), Read("dir/b")));
        Assert.Equal((UnixFileMode)0b100_000_000, System.IO.File.GetUnixFileMode(At("dir/b")));
        Assert.Equal((UnixFileMode)0b110_100_100, System.IO.File.GetUnixFileMode(At("a")));
    }

    [Fact]
    public void All_files_change_in_one_step_and_nothing_of_the_old_ones_is_left()
    {
        AtomicVolume.Write(_volume, [File("a", "1"), File("gone/b", "2")], Root);
        using var before = Directories.OpenChild(_volume, Timed());
        Assert.True(AtomicVolume.Write(_volume, [File("a", "new"), File("c", "3")], Root));
        Assert.Equal(["..data", "a", "c"], Names().Where(n => !IsTimed(n)));
        Assert.Equal(("new", "3"), (Read("a"), Read("c")));
        Assert.Single(Names(), IsTimed);
        Assert.Equal(0u, Entries.Status(before, "a") is null ? 0u : 1u); // the old directory is removed
    }

    [Fact]
    public void The_same_files_are_not_written_again_and_every_difference_is()
    {
        VolumeFile[] files = [File("a", "1"), File("b", "2")];
        AtomicVolume.Write(_volume, files, Root);
        var timed = Timed();
        Assert.False(AtomicVolume.Write(_volume, files, Root));
        Assert.Equal(timed, Timed());
        foreach (VolumeFile[] other in (VolumeFile[][])[[File("a", "1")], [File("a", "1"), File("c", "2")], [File("a", "1"), File("b", "3")], [File("a", "1"), File("b", "3", 0b100_000_000)]])
        {
            Assert.True(AtomicVolume.Write(_volume, other, Root));
            Assert.False(AtomicVolume.Write(_volume, other, Root));
        }

        Assert.True(AtomicVolume.Write(_volume, [], Root));
        Assert.Equal(["..data"], Names().Where(n => !IsTimed(n)));
    }

    [Fact]
    public void What_a_killed_daemon_or_a_container_left_is_removed()
    {
        AtomicVolume.Write(_volume, [File("a", "1")], Root);
        Directory.CreateDirectory(At("..2020_01_01_00_00_00.1/half"));
        System.IO.File.CreateSymbolicLink(At("..data_tmp"), "..2020_01_01_00_00_00.1");
        System.IO.File.WriteAllText(At("stray"), "x");
        System.IO.File.Delete(At("a"));
        Assert.False(AtomicVolume.Write(_volume, [File("a", "1")], Root));
        Assert.Equal(["..data", "a"], Names().Where(n => !IsTimed(n)));
        Assert.Single(Names(), IsTimed);
        Assert.Equal("1", Read("a"));
    }

    [Fact]
    public void Links_that_a_container_planted_lead_nowhere()
    {
        var outside = Directory.CreateTempSubdirectory("insula-outside-").FullName;
        try
        {
            System.IO.File.WriteAllText(Path.Combine(outside, "a"), "1");
            System.IO.File.CreateSymbolicLink(At("..data"), outside);
            Assert.True(AtomicVolume.Write(_volume, [File("a", "1")], Root));
            Assert.StartsWith("..2", new FileInfo(At("..data")).LinkTarget, StringComparison.Ordinal);
            System.IO.File.Delete(At("a"));
            System.IO.File.CreateSymbolicLink(At("a"), Path.Combine(outside, "a"));
            AtomicVolume.Write(_volume, [File("a", "2")], Root);
            Assert.Equal(("1", "2"), (System.IO.File.ReadAllText(Path.Combine(outside, "a")), Read("a")));
            Assert.Equal(["a"], Directory.EnumerateFileSystemEntries(outside).Select(Path.GetFileName));
        }
        finally
        {
            Directory.Delete(outside, recursive: true);
        }
    }

    [Theory]
    [InlineData("../a")]
    [InlineData("..data")]
    [InlineData("..a")]
    [InlineData("/a")]
    [InlineData("a//b")]
    [InlineData("a/../../b")]
    [InlineData("a/.")]
    [InlineData("")]
    [InlineData("a\0b")]
    public void Hostile_paths_are_refused_and_change_nothing(string path)
    {
        AtomicVolume.Write(_volume, [File("a", "1")], Root);
        Assert.Throws<VolumeException>(() => AtomicVolume.Write(_volume, [File("a", "2"), File(path, "x")], Root));
        Assert.Equal("1", Read("a"));
    }

    [Fact]
    public void A_path_cannot_be_a_file_and_a_directory() =>
        Assert.Contains("'a'", Assert.Throws<VolumeException>(() => AtomicVolume.Write(_volume, [File("a", "1"), File("a/b", "2")], Root)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_group_may_read_and_ids_are_those_of_the_pods_user_namespace()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "changes owners");
        AtomicVolume.Write(_volume, [File("d/a", "1", 0b100_000_000)], new VolumeOwner(100_000, 77));
        using var data = Directories.OpenChild(_volume, Timed());
        using var directory = Directories.OpenChild(data, "d");
        var file = Entries.Status(directory, "a")!.Value;
        Assert.Equal((100_000u, 100_077u, (uint)0b100_100_000), (file.Uid, file.Gid, file.Permissions));
        Assert.Equal((100_000u, 100_077u, 0b10_111_101_101u), (Entries.Status(directory).Uid, Entries.Status(directory).Gid, Entries.Status(directory).Permissions));
        Assert.False(AtomicVolume.Write(_volume, [File("d/a", "1", 0b100_000_000)], new VolumeOwner(100_000, 77)));
    }

    public void Dispose()
    {
        _volume.Dispose();
        Directory.Delete(_path, recursive: true);
    }

    private static VolumeFile File(string path, string content, uint mode = 0b110_100_100) => new(path, Encoding.UTF8.GetBytes(content), mode);

    private static bool IsTimed(string name) => name.StartsWith("..2", StringComparison.Ordinal);

    private string At(string name) => Path.Combine(_path, name);

    private string Read(string name) => System.IO.File.ReadAllText(At(name));

    private string Timed() => Names().Single(IsTimed);

    private List<string> Names() => [.. Directory.EnumerateFileSystemEntries(_path).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];
}
