using Insula.Linux.Files;
using Insula.Linux.LibC;

namespace Insula.Linux.Tests.Files;

public sealed class DirectoriesTests : IDisposable
{
    private const long Ext = 0xEF53;
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public unsafe void What_is_made_in_a_directory_is_spread_where_the_file_system_knows_how()
    {
        sys_vfs.statfs_t disk;
        Assert.Equal(0, sys_vfs.fstatfs(_directory.Descriptor, &disk));
        Assert.Equal(disk.f_type == Ext, Directories.Spread(_directory.Descriptor));
        Assert.Equal(disk.f_type == Ext, Directories.IsSpread(_directory.Descriptor));
    }

    [Fact]
    public void A_file_system_that_cannot_spread_is_no_error()
    {
        using var memory = Directories.Open("/dev/shm");
        Assert.False(Directories.Spread(memory));
    }
}
