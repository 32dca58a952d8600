using Insula.Cli.Client;
using Insula.Cli.Commands;

namespace Insula.Cli.Tests;

public sealed class MetadataTests
{
    [Fact]
    public void Words_are_objects_entries_and_removals()
    {
        var (what, changes) = MetadataCommand.Split(["pod", "a-b", "tier=front", "note=a = b", "empty=", "gone-"]);
        Assert.Equal(["pod", "a-b"], what);
        Assert.Equal([("tier", "front"), ("note", "a = b"), ("empty", ""), ("gone", (string?)null)], changes);
        Assert.Throws<CommandException>(() => MetadataCommand.Split(["pod", "a"]));
    }

    [Theory]
    [InlineData("""{"app":"web","tier":"a"}""", "app=web,tier=a")]
    [InlineData("""{"matchLabels":{"app":"web"},"matchExpressions":[{"key":"t","operator":"In","values":["a","b"]},{"key":"u","operator":"NotIn","values":["c"]},{"key":"v","operator":"Exists"},{"key":"w","operator":"DoesNotExist"}]}""", "app=web,t in (a,b),u notin (c),v,!w")]
    [InlineData("{}", null)]
    public void A_selector_becomes_a_query(string selector, string? query) => Assert.Equal(query, PodName.Selector(System.Text.Json.Nodes.JsonNode.Parse(selector)!.AsObject()));
}
