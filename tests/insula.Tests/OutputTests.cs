using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Insula.Cli.Client;
using Insula.Cli.Commands;
using Insula.Cli.Output;

namespace Insula.Cli.Tests;

/// <summary>What the command line prints, and how it reads its words.</summary>
public sealed class OutputTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("\x1b[31mred", "\\x1b[31mred")]
    [InlineData("bell\a", "bell\\x07")]
    [InlineData("c1 \u009b", "c1 \\x9b")]
    [InlineData("line\nnext\ttab", "line\nnext\ttab")]
    public void Control_characters_of_others_are_shown_not_obeyed(string text, string shown) =>
        Assert.Equal(shown, Printable.Text(text));

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("1h30m", 5400)]
    [InlineData("250ms", 0.25)]
    [InlineData("7", 7)]
    [InlineData("1.5m", 90)]
    public void Durations_are_read_as_Go_writes_them(string text, double seconds) =>
        Assert.Equal(seconds, Durations.Parse(text, "--timeout").TotalSeconds);

    [Theory]
    [InlineData("")]
    [InlineData("-1s")]
    [InlineData("1 h")]
    [InlineData("9999999999999s")]
    public void Other_durations_are_refused(string text) =>
        Assert.Throws<CommandException>(() => Durations.Parse(text, "--timeout"));

    [Fact]
    public void Tables_keep_their_columns_and_cells_their_line()
    {
        var table = new TextTable("NAME", "STATUS");
        table.Add("a", "Running");
        table.Add("longer-name", "two\nlines");
        using var output = new StringWriter();
        table.WriteTo(output);
        Assert.Equal("NAME          STATUS\na             Running\nlonger-name   two\\nlines\n", output.ToString());
    }

    [Theory]
    [InlineData("""{"a":"yes","b":"1","c":true,"d":1}""", "a: \"yes\"\nb: \"1\"\nc: true\nd: 1\n")]
    [InlineData("""{"list":["x",{"key":"z: q"}],"empty":[],"none":{}}""", "list:\n- x\n- key: \"z: q\"\nempty: []\nnone: {}\n")]
    [InlineData("""{"script":"one\ntwo\n"}""", "script: |\n  one\n  two\n")]
    public void Yaml_reads_back_as_what_it_was(string json, string yaml)
    {
        using var output = new StringWriter();
        YamlWriter.Write(output, JsonNode.Parse(json)!);
        Assert.Equal(yaml, output.ToString());
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\n\n")]
    [InlineData("a\n")]
    [InlineData("a\n\n")]
    [InlineData("\na")]
    [InlineData("a \nb")]
    [InlineData(" a\nb")]
    [InlineData("a\n  b\n")]
    [InlineData("a\n ")]
    [InlineData("a\r\nb")]
    [InlineData("\u00a0\n")]
    [InlineData("\u2028\u0085\ufeff")]
    public void Yaml_of_such_text_reads_back_as_that_text(string text) => Assert.Equal(text, ThroughYaml(text));

    [Fact]
    public void Yaml_of_any_text_reads_back_as_that_text()
    {
        var any = ArbMap.Default.ArbFor<string>().Generator;
        var lines = Gen.Elements('\n', ' ', 'a', ':', '#', '-', '\t', '\r', '"', '\'', '\u00a0', '\u2028').ArrayOf().Select(c => new string(c));
        Prop.ForAll(Gen.OneOf(any, lines).ToArbitrary(), text =>
        {
            // JSON itself has no half of a surrogate pair, and manifests hold no NUL.
            var clean = new string([.. (text ?? "").Where(c => !char.IsSurrogate(c) && c != '\0')]);
            return ThroughYaml(clean) == clean;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    private static string? ThroughYaml(string text)
    {
        using var output = new StringWriter();
        YamlWriter.Write(output, new JsonObject { ["v"] = text });
        var back = Insula.Api.Manifests.Manifest.ReadYaml(System.Text.Encoding.UTF8.GetBytes(output.ToString()))!["v"]!;
        return back.GetValueKind() == System.Text.Json.JsonValueKind.String ? back.GetValue<string>() : null;
    }

    [Theory]
    [InlineData("condition=Ready", """{"status":{"conditions":[{"type":"Ready","status":"True"}]}}""", true)]
    [InlineData("condition=Ready", """{"status":{"conditions":[{"type":"Ready","status":"False"}]}}""", false)]
    [InlineData("condition=ready=false", """{"status":{"conditions":[{"type":"Ready","status":"False"}]}}""", true)]
    [InlineData("jsonpath={.status.phase}=Running", """{"status":{"phase":"Running"}}""", true)]
    [InlineData("jsonpath='{.status.phase}'=Running", """{"status":{"phase":"Pending"}}""", false)]
    [InlineData("create", """{}""", true)]
    [InlineData("delete", """{}""", false)]
    public void Wait_conditions(string text, string item, bool met) =>
        Assert.Equal(met, WaitCondition.Parse(text).Met(JsonNode.Parse(item)!.AsObject()));
}
