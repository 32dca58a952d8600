using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Insula.Api.Paths;

namespace Insula.Api.Tests.Paths;

public sealed class JsonPathTests
{
    private static readonly JsonNode _list = JsonNode.Parse("""
        {"kind":"List","items":[
          {"metadata":{"name":"a","annotations":{"x.io/y":"z"}},"status":{"phase":"Running","n":3,"ok":true}},
          {"metadata":{"name":"b"},"status":{"phase":"Failed","n":10,"conditions":[{"type":"Ready","status":"False"}]}}]}
        """)!;

    [Theory]
    [InlineData("{.kind}", "List")]
    [InlineData("{$.kind}", "List")]
    [InlineData("{.items[*].metadata.name}", "a b")]
    [InlineData("{.items[0].metadata.name}", "a")]
    [InlineData("{.items[-1].metadata.name}", "b")]
    [InlineData("{.items[0:1].metadata.name}", "a")]
    [InlineData("{.items[0,1].metadata.name}", "a b")]
    [InlineData("{.items[:].metadata['name']}", "a b")]
    [InlineData("{range .items[*]}{.metadata.name}{\"\\t\"}{.status.phase}{\"\\n\"}{end}", "a\tRunning\nb\tFailed\n")]
    [InlineData("{.items[?(@.status.phase==\"Running\")].metadata.name}", "a")]
    [InlineData("{.items[?(@.status.phase!='Running')].metadata.name}", "b")]
    [InlineData("{.items[?(@.status.n>3)].metadata.name}", "b")]
    [InlineData("{.items[?(@.status.n<=3)].metadata.name}", "a")]
    [InlineData("{.items[?(@.status.ok==true)].metadata.name}", "a")]
    [InlineData("{.items[?(@.metadata.annotations)].metadata.name}", "a")]
    [InlineData("{.items[1].status.conditions[?(@.type==\"Ready\")].status}", "False")]
    [InlineData("{.items[0].metadata.annotations.x\\.io/y}", "z")]
    [InlineData("{..phase}", "Running Failed")]
    [InlineData("{.items[0].status}", "{\"phase\":\"Running\",\"n\":3,\"ok\":true}")]
    [InlineData("{.items[0].status.*}", "Running 3 true")]
    [InlineData("{.items[0].metadata['name','missing']}", "a")]
    [InlineData("{.items[*]['metadata.name', 'status.phase']}", "a Running b Failed")]
    [InlineData("{.items[0].metadata.annotations['x\\.io/y']}", "z")]
    [InlineData("{.items[0].metadata.annotations['x.io/y']}", "z")]
    [InlineData("names: {.items[*].metadata.name}!", "names: a b!")]
    [InlineData("{.missing.field}", "")]
    [InlineData("{.items[*].metadata.name}{'\\n'}", "a b\n")]
    [InlineData("plain", "plain")]
    [InlineData("{range .items[*]}{range .status.conditions[*]}{.type}{end}-{end}", "-Ready-")]
    public void Templates_are_those_of_kubectl(string template, string expected) =>
        Assert.Equal(expected, JsonPathTemplate.Parse(template).Execute(_list));

    [Theory]
    [InlineData("{.items[}")]
    [InlineData("{.a")]
    [InlineData("{range .items[*]}x")]
    [InlineData("{end}")]
    [InlineData("{.items[?(@.x==)]}")]
    [InlineData("{.items[?(@.x==y)]}")]
    [InlineData("{'a}")]
    [InlineData("{.items[0:5:0]}")]
    [InlineData("{%}")]
    public void Malformed_templates_are_refused(string template) => Assert.Throws<JsonPathException>(() => JsonPathTemplate.Parse(template));

    [Fact]
    public void An_index_beyond_the_end_is_an_error() =>
        Assert.Contains("array index out of bounds: index 7, length 2", Assert.Throws<JsonPathException>(() => JsonPathTemplate.Parse("{.items[7]}").Execute(_list)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("kind")]
    [InlineData(".kind")]
    [InlineData("{.kind}")]
    public void Single_paths_may_leave_out_braces_and_dot(string path) => Assert.Equal("List", Assert.Single(JsonPathTemplate.ParsePath(path).Find(_list))!.GetValue<string>());

    [Fact]
    public void Random_templates_never_throw_anything_else()
    {
        string[] tokens = ["{", "}", ".", "..", "[", "]", "*", "items", "@", "$", "?", "(", ")", "==", "'", "\"", "\\", "range ", "end", ":", ",", "1", "-1", " ", "<"];
        Prop.ForAll(Gen.Elements(tokens).ArrayOf().Select(string.Concat).ToArbitrary(), template =>
        {
            try
            {
                _ = JsonPathTemplate.Parse(template).Execute(_list);
            }
            catch (JsonPathException)
            {
                return;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(800));
    }
}
