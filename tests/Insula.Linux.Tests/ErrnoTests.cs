namespace Insula.Linux.Tests;

public sealed class ErrnoTests
{
    [Fact]
    public void Every_symbol_translates_both_ways()
    {
        foreach (var errno in Enum.GetValues<Errno>().Where(value => value != Errno.None))
        {
            Assert.True(ErrnoNames.TryParse(ErrnoNames.Name((int)errno), out var back));
            Assert.Equal(errno, back);
        }
    }

    [Fact]
    public void Every_number_of_the_kernel_has_a_symbol()
    {
        // 41 and 58 are unused: they repeat EAGAIN and EDEADLK.
        Assert.DoesNotContain(
            Enumerable.Range(1, 133).Except([41, 58]), number => ErrnoNames.Name(number).StartsWith("errno ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("2")]
    [InlineData("None")]
    [InlineData("EPERM,ENOENT")]
    [InlineData("ENONSENSE")]
    [InlineData("")]
    public void What_is_no_symbol_is_refused(string name) => Assert.False(ErrnoNames.TryParse(name, out _));

    [Fact]
    public void An_exception_names_operation_path_and_symbol()
    {
        var exception = new LinuxException("openat2", "/a/b", Errno.ENOENT);
        Assert.Equal("openat2 /a/b: No such file or directory (ENOENT)", exception.Message);
        Assert.Equal("errno 9999", ErrnoNames.Name(9999));
    }

    [Fact]
    public void Opening_what_is_not_there_reports_the_kernels_errno()
    {
        var exception = Assert.Throws<LinuxException>(() => Descriptor.Open("/nonexistent/file", 0));
        Assert.Equal(Errno.ENOENT, exception.Errno);
        Assert.Equal("/nonexistent/file", exception.Path);
    }
}
