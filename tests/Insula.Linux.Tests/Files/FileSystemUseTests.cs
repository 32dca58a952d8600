using Insula.Linux.Files;

namespace Insula.Linux.Tests.Files;

public sealed class FileSystemUseTests
{
    [Fact]
    public void It_is_what_the_kernel_says()
    {
        using var directory = new TemporaryDirectory();
        var use = FileSystemUse.Read(directory.Path);
        var drive = new DriveInfo(directory.Path);
        Assert.Equal(drive.TotalSize, use.Size);
        Assert.True(use.Available is >= 0 && use.Available <= use.Size && use.InodesFree <= use.Inodes, use.ToString());
        Assert.Equal(use.Device, FileSystemUse.Read(Path.GetDirectoryName(directory.Path)!).Device);
        Assert.NotEqual(use.Device, FileSystemUse.Read("/proc").Device);
        Assert.Equal(Errno.ENOENT, Assert.Throws<LinuxException>(() => FileSystemUse.Read(Path.Combine(directory.Path, "none"))).Errno);
    }

    [Fact]
    public void Inodes_of_a_tree_are_counted_once_each()
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(Path.Combine(directory.Path, "a", "b"));
        File.WriteAllText(Path.Combine(directory.Path, "a", "f"), "x");
        File.CreateSymbolicLink(Path.Combine(directory.Path, "a", "out"), "/usr");
        Assert.Equal(0, System.Diagnostics.Process.Start("ln", [Path.Combine(directory.Path, "a", "f"), Path.Combine(directory.Path, "g")]) is { } ln && ln.WaitForExit(Timeout.Infinite) ? ln.ExitCode : -1);
        using var opened = Directories.Open(directory.Path);
        Assert.Equal(4, DirectoryUsage.Count(opened, CancellationToken.None));
    }
}
