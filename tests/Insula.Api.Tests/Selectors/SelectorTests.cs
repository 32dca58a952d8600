using System.Text.Json.Nodes;
using Insula.Api.Selectors;

namespace Insula.Api.Tests.Selectors;

public sealed class SelectorTests
{
    private static readonly Dictionary<string, string> _labels = new() { ["app"] = "web", ["tier"] = "front", ["n"] = "5" };

    [Theory]
    [InlineData("", true)]
    [InlineData("app=web", true)]
    [InlineData("app==web, tier!=back", true)]
    [InlineData("app!=web", false)]
    [InlineData("missing!=x", true)]
    [InlineData("app in (web, api)", true)]
    [InlineData("app notin (web)", false)]
    [InlineData("missing notin (a)", true)]
    [InlineData("app,!old", true)]
    [InlineData("old", false)]
    [InlineData("n>4,n<6", true)]
    [InlineData("n>5", false)]
    [InlineData("app=", false)]
    [InlineData("app>4", false)]
    public void Labels(string selector, bool matches)
    {
        Assert.Equal(matches, LabelSelector.Parse(selector).Matches(_labels));
        var document = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject(_labels.Select(l => KeyValuePair.Create(l.Key, (JsonNode?)l.Value))) } };
        Assert.Equal(matches, LabelSelector.Parse(selector).Matches(document));
        Assert.Equal(matches, LabelSelector.Parse(LabelSelector.Parse(selector).ToString()).Matches(_labels));
    }

    [Theory]
    [InlineData("=web")]
    [InlineData("app in web")]
    [InlineData("app in (web")]
    [InlineData("app web")]
    [InlineData("app=web tier=x")]
    [InlineData("app=web,")]
    [InlineData("-a=b")]
    [InlineData("a=b c")]
    [InlineData("n>x")]
    [InlineData("!")]
    public void Malformed_labels_are_refused(string selector) => Assert.Throws<SelectorException>(() => LabelSelector.Parse(selector));

    [Fact]
    public void Objects_select_too()
    {
        var selector = LabelSelector.From(new Dictionary<string, string> { ["app"] = "web" }, [new() { Key = "tier", Operator = "In", Values = ["front", "back"] }, new() { Key = "old", Operator = "DoesNotExist" }]);
        Assert.True(selector.Matches(_labels));
        Assert.Throws<SelectorException>(() => LabelSelector.From(new Dictionary<string, string>(), [new() { Key = "a", Operator = "In" }]));
        Assert.Throws<SelectorException>(() => LabelSelector.From(new Dictionary<string, string>(), [new() { Key = "a", Operator = "Like" }]));
    }

    [Theory]
    [InlineData("metadata.name=web", true)]
    [InlineData("metadata.name==web,status.phase!=Failed", true)]
    [InlineData("status.phase=Failed", false)]
    [InlineData("spec.nodeName=", true)]
    [InlineData("spec.hostNetwork=false", true)]
    public void Fields(string selector, bool matches) => Assert.Equal(
        matches, FieldSelector.Parse(selector, "pods").Matches(JsonNode.Parse("""{"metadata":{"name":"web"},"status":{"phase":"Running"}}""")!.AsObject()));

    [Fact]
    public void Field_values_are_unescaped_and_unknown_fields_refused()
    {
        Assert.Equal("a,b=c\\", FieldSelector.Parse(@"metadata.name=a\,b\=c\\", "pods").Name);
        Assert.Contains("field label not supported: spec.foo", Assert.Throws<SelectorException>(() => FieldSelector.Parse("spec.foo=1", "pods")).Message, StringComparison.Ordinal);
        Assert.Throws<SelectorException>(() => FieldSelector.Parse("metadata.name", "pods"));
        Assert.Throws<SelectorException>(() => FieldSelector.Parse("metadata.name=a=b", "pods"));
    }
}
