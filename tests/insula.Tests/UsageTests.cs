using System.CommandLine;
using System.CommandLine.Invocation;
using System.Text.Json.Nodes;
using Insula.Cli.Client;
using Insula.Cli.Commands;
using Insula.Cli.Output;

namespace Insula.Cli.Tests;

/// <summary>What is said of a wrong command line, and that it does nothing else.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("logs x --tail y", "error: --tail: \"y\" is no whole number", "insula logs")]
    [InlineData("gte pods", "error: unknown command \"gte\", did you mean \"get\"?", "insula")]
    [InlineData("apply -k x", "error: unknown option \"-k\"", "insula apply")]
    [InlineData("get pods --selctor a=b", "error: unknown option \"--selctor\", did you mean \"--selector\"?", "insula get")]
    [InlineData("system chek", "error: unknown command \"chek\", did you mean \"check\"?", "insula system")]
    public void A_wrong_command_line_takes_one_line_and_points_to_its_help(string line, string error, string command)
    {
        var parsed = InsulaCommand.Create().Parse(line);
        Assert.IsType<ParseErrorAction>(parsed.Action);
        Assert.Equal([error, $"See '{command} --help' for usage."], UsageErrors.Describe(parsed));
    }

    [Theory]
    [InlineData("delete pod hello --dry-rn")]
    [InlineData("delete pods --al")]
    [InlineData("wait pod hello --fro=delete")]
    public void A_misspelt_option_is_no_name_of_an_object(string line) =>
        Assert.IsType<ParseErrorAction>(InsulaCommand.Create().Parse(line).Action);

    [Fact]
    public void The_words_of_a_command_to_run_may_look_like_options() =>
        Assert.Empty(InsulaCommand.Create().Parse("exec -it hello -- ls --all -l").Errors);

    // Otherwise it would show all that a shell offers for it, and ask the daemon for that.
    [Theory]
    [InlineData("--help")]
    [InlineData("get --help")]
    [InlineData("logs --help")]
    [InlineData("cp --help")]
    public void Help_calls_an_argument_by_its_name(string line)
    {
        using var output = new StringWriter();
        Assert.Equal(0, InsulaCommand.Create().Parse(line).Invoke(new InvocationConfiguration { Output = output }));
        Assert.DoesNotContain("configmaps|", output.ToString(), StringComparison.Ordinal);
        Assert.Matches("<(what|pod|from)>", output.ToString());
    }

    [Fact]
    public void A_table_without_rows_is_not_shown()
    {
        using var output = new StringWriter();
        var printer = new ObjectPrinter(OutputFormat.Parse(null), output);
        printer.Add(Pods, Table("""[]"""), isList: true);
        printer.Flush();
        Assert.Equal("", output.ToString());
        printer.Add(Pods, Table("""[{"cells":["a"],"object":{}}]"""), isList: false);
        printer.Flush();
        Assert.Equal("NAME\na\n", output.ToString());
    }

    private static ResourceType Pods { get; } = new("Pod", "v1", "pods", "pod", ["po"], Namespaced: true);

    private static JsonObject Table(string rows) => new()
    {
        ["kind"] = "Table",
        ["columnDefinitions"] = JsonNode.Parse("""[{"name":"Name","priority":0}]"""),
        ["rows"] = JsonNode.Parse(rows),
    };
}
