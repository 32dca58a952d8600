using Insula.Pods.Launch;

namespace Insula.Pods.Tests.Launch;

public sealed class EnvFileTextTests
{
    [Fact]
    public void Values_are_what_is_between_the_quotes()
    {
        var found = EnvFileText.Parse(
            """
            # a remark = 'of none'

            A='one'
              B = 'two words'\t
            C=''
            D='first
              second # not a remark
            \'
            E='$A "quoted" \\n'
            A='again'
            """.Replace("\\t", "\t", StringComparison.Ordinal));
        Assert.Equal("again", found["A"]);
        Assert.Equal("two words", found["B"]);
        Assert.Equal("", found["C"]);
        Assert.Equal("first\n  second # not a remark\n\\", found["D"]);
        Assert.Equal("$A \"quoted\" \\\\n", found["E"]);
        Assert.Equal(5, found.Count);
    }

    [Theory]
    [InlineData("A=one", "line 1: the value is not in single quotes")]
    [InlineData("\nA=\"one\"", "line 2: the value is not in single quotes")]
    [InlineData("A", "line 1: there is no =")]
    [InlineData("='x'", "line 1: the name is empty")]
    [InlineData("export A='x'", "line 1: the name is empty or has characters")]
    [InlineData("A='x", "line 1: the value's quote is not closed")]
    [InlineData("A='x'y", "line 1: something follows the closing quote")]
    [InlineData("A='x' # remark", "line 1: something follows the closing quote")]
    [InlineData("A=\n'x'", "line 1: the value is not in single quotes")]
    public void What_is_no_env_file_says_where(string text, string why)
    {
        var e = Assert.Throws<FormatException>(() => EnvFileText.Parse(text));
        Assert.StartsWith(why, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("one", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n  \n# nothing")]
    public void There_may_be_none(string text) => Assert.Empty(EnvFileText.Parse(text));

    [Theory]
    [InlineData(15, "SIGTERM")]
    [InlineData(3, "SIGQUIT")]
    [InlineData(34, "SIGRTMIN")]
    [InlineData(37, "SIGRTMIN+3")]
    [InlineData(62, "SIGRTMAX-2")]
    [InlineData(64, "SIGRTMAX")]
    public void Signals_are_named_as_they_are_read(int signal, string name)
    {
        Assert.Equal(name, StopSignals.NameOf(signal));
        Assert.Equal(signal, StopSignals.Parse(name));
    }
}
