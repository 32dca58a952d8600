using System.Text.Json.Nodes;
using Insula.Cli.Client;
using Insula.Cli.Output;

namespace Insula.Cli.Tests;

/// <summary><c>--sort-by</c> and <c>-o custom-columns</c>.</summary>
public sealed class GetTests
{
    private static readonly ResourceType s_pods = new("Pod", "v1", "pods", "pod", ["po"], Namespaced: true);

    [Theory]
    [InlineData(".n", """[{"n":10},{"n":9},{"n":-1.5},{}]""", "- -1.5 9 10")]
    [InlineData("{.n}", """[{"n":"web-10"},{"n":"web-9"},{"n":"web-009"},{"n":"api"}]""", "api web-009 web-9 web-10")]
    [InlineData("n", """[{"n":"1Gi"},{"n":"900Mi"},{"n":"2k"},{"n":"100m"}]""", "100m 2k 900Mi 1Gi")]
    [InlineData(".n", """[{"n":"2026-02-01T00:00:00Z"},{"n":"2025-12-31T00:00:00Z"}]""", "2025-12-31T00:00:00Z 2026-02-01T00:00:00Z")]
    public void Objects_are_sorted_by_a_field(string path, string items, string sorted) => Assert.Equal(
        sorted, string.Join(' ', new ObjectOrder(path).Sort(JsonNode.Parse(items)!.AsArray(), i => i).Select(i => i!["n"]?.ToString() ?? "-")));

    [Fact]
    public void A_field_that_none_has_and_a_path_that_is_none_are_errors()
    {
        Assert.Contains("none of the objects has this field", Assert.Throws<CommandException>(() => new ObjectOrder(".m").Sort(JsonNode.Parse("""[{"n":1}]""")!.AsArray(), i => i)).Message, StringComparison.Ordinal);
        Assert.StartsWith("--sort-by: ", Assert.Throws<CommandException>(() => new ObjectOrder("{.m[}")).Message, StringComparison.Ordinal);
        Assert.Empty(new ObjectOrder(".m").Sort(Array.Empty<JsonNode>(), i => i));
    }

    [Fact]
    public void Tables_are_sorted_by_their_objects()
    {
        using var output = new StringWriter();
        var printer = new ObjectPrinter(OutputFormat.Parse(null), output) { Order = new ObjectOrder(".spec.n") };
        printer.Add(s_pods, JsonNode.Parse("""{"kind":"Table","columnDefinitions":[{"name":"Name"}],"rows":[{"cells":["b"],"object":{"spec":{"n":2}}},{"cells":["a"],"object":{"spec":{"n":1}}}]}""")!.AsObject(), isList: true);
        printer.Finish("default");
        Assert.Equal("NAME\na\nb\n", output.ToString());
    }

    [Fact]
    public void Columns_of_ones_own_show_values_with_commas_and_none()
    {
        using var output = new StringWriter();
        var printer = new ObjectPrinter(OutputFormat.Parse("custom-columns=NAME:.metadata.name,IMAGES:spec.containers[*].image,N:.n"), output) { Order = new ObjectOrder(".metadata.name") };
        printer.Add(s_pods, JsonNode.Parse("""{"items":[{"metadata":{"name":"web"},"spec":{"containers":[{"image":"a"},{"image":"b"}]}},{"metadata":{"name":"api"},"n":{"x":1}}]}""")!.AsObject(), isList: true);
        printer.Finish("default");
        Assert.Equal("NAME   IMAGES   N\napi    <none>   {\"x\":1}\nweb    a,b      <none>\n", output.ToString());
    }

    [Theory]
    [InlineData("custom-columns=")]
    [InlineData("custom-columns=NAME")]
    [InlineData("custom-columns=NAME:.a,:.b")]
    [InlineData("custom-columns=NAME:{.a")]
    public void Columns_that_are_none_are_refused(string format) => Assert.Throws<CommandException>(() => OutputFormat.Parse(format));
}
