using System.Text;
using Insula.Linux.Files;
using Insula.Linux.LibC;

namespace Insula.Linux.Tests.Files;

public sealed class RemoveTreeTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Links_are_removed_and_what_they_point_to_stays()
    {
        var outside = Path.Combine(_directory.Path, "outside");
        Directory.CreateDirectory(outside);
        File.WriteAllText(Path.Combine(outside, "kept"), "");
        var tree = Directory.CreateDirectory(Path.Combine(_directory.Path, "tree", "a", "b")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(tree, "link"), outside);
        File.CreateSymbolicLink(Path.Combine(_directory.Path, "tree", "up"), "..");
        RemoveTree.Remove(_directory.Descriptor, "tree");
        Assert.False(Directory.Exists(Path.Combine(_directory.Path, "tree")));
        Assert.True(File.Exists(Path.Combine(outside, "kept")));

        Directory.CreateSymbolicLink(Path.Combine(_directory.Path, "tree"), outside);
        RemoveTree.Remove(_directory.Descriptor, "tree");
        Assert.True(File.Exists(Path.Combine(outside, "kept")));
    }

    [Fact]
    public void A_tree_deeper_than_paths_may_be_long_is_removed()
    {
        const int Depth = 3000;
        Directory.CreateDirectory(Path.Combine(_directory.Path, "deep"));
        var at = Directories.OpenChild(_directory.Descriptor, "deep");
        for (var i = 0; i < Depth; i++)
        {
            var next = Directories.Ensure(at, i % 7 == 0 ? ".deep-0" : "d");
            at.Dispose();
            at = next;
        }

        at.Dispose();
        RemoveTree.Remove(_directory.Descriptor, "deep");
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Fact]
    public unsafe void Names_that_are_not_text_are_removed()
    {
        Directory.CreateDirectory(Path.Combine(_directory.Path, "t"));
        using (var tree = Directories.OpenChild(_directory.Descriptor, "t"))
        {
            // The byte 0xff occurs in no UTF-8 text; a file system does not mind.
            Directory.CreateDirectory(Path.Combine(_directory.Path, "t", "x"));
            fixed (byte* from = "x\0"u8)
            fixed (byte* to = new byte[] { 0xff, (byte)'a', 0xfe, 0 })
            {
                Assert.Equal(0, fcntl.renameat2(tree, from, tree, to, 0));
            }
        }

        RemoveTree.Remove(_directory.Descriptor, "t");
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void Contents_go_and_the_directory_stays()
    {
        for (var i = 0; i < 700; i++)
        {
            File.WriteAllText(Path.Combine(_directory.Path, $"file-with-a-rather-long-name-{i}"), "");
        }

        Directory.CreateDirectory(Path.Combine(_directory.Path, "a", "b"));
        RemoveTree.RemoveContents(_directory.Descriptor);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void What_is_not_there_is_fine_and_paths_are_refused()
    {
        RemoveTree.Remove(_directory.Descriptor, "nothing");
        Assert.All(new[] { "", ".", "..", "a/b" }, name => Assert.Throws<ArgumentException>(() => RemoveTree.Remove(_directory.Descriptor, name)));
    }

    [Fact]
    public void An_atomic_write_replaces_and_leaves_nothing_else()
    {
        AtomicFile.Write(_directory.Descriptor, "state", Encoding.UTF8.GetBytes("old"));
        AtomicFile.Write(_directory.Descriptor, "state", Encoding.UTF8.GetBytes("new"), 0x1A4);
        Assert.Equal("new", File.ReadAllText(Path.Combine(_directory.Path, "state")));
        Assert.Equal((UnixFileMode)0x1A4, File.GetUnixFileMode(Path.Combine(_directory.Path, "state")));
        Assert.Single(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void Lookups_in_a_root_stay_inside()
    {
        Directory.CreateDirectory(Path.Combine(_directory.Path, "etc"));
        File.WriteAllText(Path.Combine(_directory.Path, "etc", "passwd"), "mine");
        File.CreateSymbolicLink(Path.Combine(_directory.Path, "absolute"), "/etc/passwd");
        File.CreateSymbolicLink(Path.Combine(_directory.Path, "up"), "../../../../etc/passwd");
        foreach (var path in new[] { "/etc/passwd", "absolute", "up", "../../etc/passwd" })
        {
            using var file = Directories.OpenInRoot(_directory.Descriptor, path, fcntl.O_RDONLY);
            Assert.Equal("mine", Encoding.ASCII.GetString(file.ReadToEnd()));
        }

        Assert.Equal(Errno.EXDEV, Assert.Throws<LinuxException>(() => Directories.OpenBeneath(_directory.Descriptor, "up", fcntl.O_RDONLY)).Errno);
        Assert.Throws<LinuxException>(() => Directories.OpenChild(_directory.Descriptor, "absolute"));
    }
}
