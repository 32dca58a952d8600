using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;
using Insula.Linux.Mounts;

namespace Insula.SystemTests.Linux;

public sealed class MountKernelTests : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("insula-test-").FullName;

    public void Dispose()
    {
        Directory.Delete(_path, recursive: true);
        Assert.DoesNotContain(MountInfo.ReadSelf(), mount => mount.Target.StartsWith(_path, StringComparison.Ordinal));
    }

    [Fact]
    public void A_read_only_clone_cannot_be_written_and_is_in_no_namespace()
    {
        File.WriteAllText($"{_path}/file", "content");
        using var directory = Directories.Open(_path);
        using var clone = DetachedMount.Clone(directory, flags: MountFlags.ReadOnly | MountFlags.NoSuid);
        Assert.Equal("content", File.ReadAllText($"{clone.ProcPath}/file"));
        var exception = Assert.Throws<LinuxException>(() => Descriptor.OpenAt(clone, "other", fcntl.O_WRONLY | fcntl.O_CREAT, 0x180));
        Assert.Equal(Errno.EROFS, exception.Errno);
        Assert.DoesNotContain(MountInfo.ReadSelf(), mount => mount.Target.StartsWith(_path, StringComparison.Ordinal));
        File.WriteAllText($"{_path}/other", "the original stays writable");
    }

    [Fact]
    public void Removal_stops_at_a_mount()
    {
        Directory.CreateDirectory($"{_path}/tree/a/mounted");
        using (var target = Directories.Open($"{_path}/tree/a/mounted"))
        using (var tmpfs = DetachedMount.CreateTmpfs(1 << 20, 0x1C0, MountFlags.NoSuid))
        {
            DetachedMount.Attach(tmpfs, target);
        }

        try
        {
            File.WriteAllText($"{_path}/tree/a/mounted/kept", "");
            using var directory = Directories.Open(_path);
            var exception = Assert.Throws<LinuxException>(() => RemoveTree.Remove(directory, "tree"));
            Assert.Contains("tree/a/mounted", exception.Message, StringComparison.Ordinal);
            Assert.True(exception.Errno is Errno.EXDEV or Errno.EBUSY, exception.Message);
            Assert.True(File.Exists($"{_path}/tree/a/mounted/kept"));
        }
        finally
        {
            Assert.Equal(0, sys_mount.umount2($"{_path}/tree/a/mounted", 0));
        }
    }
}
