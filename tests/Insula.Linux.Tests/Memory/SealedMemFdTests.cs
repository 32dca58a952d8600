using System.Text;
using Insula.Linux.LibC;
using Insula.Linux.Memory;

namespace Insula.Linux.Tests.Memory;

public sealed class SealedMemFdTests
{
    [Fact]
    public void The_content_can_be_read_and_in_no_way_be_changed()
    {
        using var memory = SealedMemFd.Create("plan", "words"u8);
        Assert.Equal("words", Encoding.ASCII.GetString(memory.ReadToEnd()));
        Assert.Equal(Errno.EPERM, Assert.Throws<LinuxException>(() => memory.WriteAll("x")).Errno);
        Assert.NotEqual(0, unistd.ftruncate(memory, 0));
        Assert.NotEqual(0, unistd.ftruncate(memory, 100));
        Assert.Equal(15, fcntl.fcntl_(memory, fcntl.F_GET_SEALS, 0));

        // Not by opening it anew either.
        using var again = Descriptor.Open(memory.ProcPath, fcntl.O_RDWR);
        Assert.Equal(Errno.EPERM, Assert.Throws<LinuxException>(() => again.WriteAll("x")).Errno);
    }
}
