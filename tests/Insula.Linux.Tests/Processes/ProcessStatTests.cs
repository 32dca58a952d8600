using Insula.Linux.Processes;

namespace Insula.Linux.Tests.Processes;

public sealed class ProcessStatTests
{
    private const string Rest = "S 1 7 7 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 98765 1000 10";

    [Theory]
    [InlineData("sh")]
    [InlineData("a b")]
    [InlineData("evil) R 99 (x")]
    public void The_name_may_hold_anything(string name) =>
        Assert.Equal(new ProcessStat(7, name, 'S', 1, 98765), ProcessStat.Parse($"7 ({name}) {Rest}"));

    [Theory]
    [InlineData("")]
    [InlineData("7 sh S 1")]
    [InlineData("7 (sh) S 1 2")]
    public void Other_lines_are_refused(string line) => Assert.Throws<FormatException>(() => ProcessStat.Parse(line));

    [Fact]
    public void This_process_is_found_and_an_impossible_one_is_not()
    {
        Assert.Equal(Environment.ProcessId, ProcessStat.Read(Environment.ProcessId)!.Pid);
        Assert.Null(ProcessStat.Read(int.MaxValue));
    }
}
