using System.Text.Json.Nodes;
using Insula.Api.Patches;
using Insula.Api.Schema;

namespace Insula.Api.Tests.Patches;

public sealed class PatchTests
{
    // The cases of RFC 7386, appendix A.
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", "{}")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""["a","b"]""", """["c","d"]""", """["c","d"]""")]
    [InlineData("""{"a":"foo"}""", "\"bar\"", "\"bar\"")]
    [InlineData("[1,2]", """{"a":"b","c":null}""", """{"a":"b"}""")]
    [InlineData("{}", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void Merge_patches(string target, string patch, string expected) =>
        Assert.Equal(expected, MergePatch.Apply(JsonNode.Parse(target), JsonNode.Parse(patch))?.ToJsonString());

    [Theory]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"/b","value":2}]""", """{"a":1,"b":2}""")]
    [InlineData("""{"a":[1,3]}""", """[{"op":"add","path":"/a/1","value":2},{"op":"add","path":"/a/-","value":4}]""", """{"a":[1,2,3,4]}""")]
    [InlineData("""{"a":1}""", """[{"op":"remove","path":"/a"}]""", "{}")]
    [InlineData("""{"a/b":{"~":1}}""", """[{"op":"replace","path":"/a~1b/~0","value":2}]""", """{"a/b":{"~":2}}""")]
    [InlineData("""{"a":{"x":1}}""", """[{"op":"move","from":"/a/x","path":"/b"}]""", """{"a":{},"b":1}""")]
    [InlineData("""{"a":[1]}""", """[{"op":"copy","from":"/a","path":"/b"},{"op":"test","path":"/b/0","value":1}]""", """{"a":[1],"b":[1]}""")]
    public void Json_patches(string target, string patch, string expected) =>
        Assert.Equal(expected, JsonPatch.Apply(JsonNode.Parse(target)!, JsonNode.Parse(patch)!)?.ToJsonString());

    [Theory]
    [InlineData("""[{"op":"remove","path":"/x"}]""", "operation 0: there is nothing at \"/x\"")]
    [InlineData("""[{"op":"replace","path":"/x","value":1}]""", "there is nothing at \"/x\"")]
    [InlineData("""[{"op":"add","path":"/a/5","value":1}]""", "is no index")]
    [InlineData("""[{"op":"add","path":"/a/01","value":1}]""", "is no index")]
    [InlineData("""[{"op":"add","path":"a","value":1}]""", "must begin with '/'")]
    [InlineData("""[{"op":"add","path":"/b"}]""", "value is missing")]
    [InlineData("""[{"op":"nonsense","path":"/b"}]""", "op must be")]
    [InlineData("""[{"op":"move","from":"/a","path":"/a/0"}]""", "cannot be moved into itself")]
    [InlineData("""{"op":"add"}""", "a JSON patch is an array")]
    public void Json_patches_that_cannot_be_applied(string patch, string expected) =>
        Assert.Contains(expected, Assert.Throws<PatchException>(() => JsonPatch.Apply(JsonNode.Parse("""{"a":[1]}""")!, JsonNode.Parse(patch)!)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_failed_test_is_told_apart_and_changes_nothing()
    {
        var document = JsonNode.Parse("""{"a":1}""")!;
        var error = Assert.Throws<PatchException>(() => JsonPatch.Apply(document, JsonNode.Parse("""[{"op":"remove","path":"/a"},{"op":"test","path":"","value":1}]""")!));
        Assert.True(error.TestFailed);
        Assert.Equal("""{"a":1}""", document.ToJsonString());
    }

    [Fact]
    public void Copies_cannot_grow_without_end()
    {
        var doubling = new JsonArray([.. Enumerable.Range(0, 40).Select(i => (JsonNode)new JsonObject { ["op"] = "copy", ["from"] = "/a", ["path"] = $"/a/x{i}" })]);
        Assert.Contains("copies too much", Assert.Throws<PatchException>(() => JsonPatch.Apply(JsonNode.Parse("""{"a":{"b":1}}""")!, doubling)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"spec":{"containers":[{"name":"b","image":"y"}]}}""", """{"spec":{"containers":[{"name":"a","image":"x"},{"name":"b","image":"y"}]}}""")]
    [InlineData("""{"spec":{"containers":[{"name":"a","image":"z"}]}}""", """{"spec":{"containers":[{"name":"a","image":"z"}]}}""")]
    [InlineData("""{"spec":{"containers":[{"name":"a","$patch":"delete"}]}}""", """{"spec":{"containers":[]}}""")]
    [InlineData("""{"spec":{"containers":[{"$patch":"replace"},{"name":"c"}]}}""", """{"spec":{"containers":[{"name":"c"}]}}""")]
    [InlineData("""{"spec":{"$patch":"replace","hostPID":true}}""", """{"spec":{"hostPID":true}}""")]
    [InlineData("""{"spec":{"containers":[{"name":"a","command":["q"]}]}}""", """{"spec":{"containers":[{"name":"a","image":"x","command":["q"]}]}}""")]
    [InlineData("""{"metadata":{"finalizers":["f"]},"spec":null}""", """{"metadata":{"finalizers":["f"]}}""")]
    [InlineData("""{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],"containers":[{"name":"b"}]}}""", """{"spec":{"containers":[{"name":"b"},{"name":"a","image":"x"}]}}""")]
    [InlineData("""{"spec":{"containers":[{"name":"a","$retainKeys":["name"]}]}}""", """{"spec":{"containers":[{"name":"a"}]}}""")]
    public void Strategic_patches_merge_lists_by_key(string patch, string expected) =>
        Assert.Equal(expected, StrategicMergePatch.Apply(Parse("""{"spec":{"containers":[{"name":"a","image":"x"}]}}"""), JsonNode.Parse(patch), Schemas.For("Pod")).ToJsonString());

    [Theory]
    [InlineData("""{"spec":{"containers":[{"image":"y"}]}}""", "has no name")]
    [InlineData("""{"spec":{"$patch":"nonsense"}}""", "$patch must be")]
    [InlineData("""{"$nonsense":1}""", "is no directive")]
    [InlineData("[]", "is an object")]
    public void Strategic_patches_that_cannot_be_applied(string patch, string expected) =>
        Assert.Contains(expected, Assert.Throws<PatchException>(() => StrategicMergePatch.Apply([], JsonNode.Parse(patch), Schemas.For("Pod"))).Message, StringComparison.Ordinal);

    [Fact]
    public void Plain_lists_are_united_and_shortened()
    {
        var document = Parse("""{"metadata":{"finalizers":["a","b"]}}""");
        Assert.Equal("""{"metadata":{"finalizers":["a","b","c"]}}""", StrategicMergePatch.Apply(document, JsonNode.Parse("""{"metadata":{"finalizers":["b","c"]}}"""), Schemas.For("Pod")).ToJsonString());
        Assert.Equal("""{"metadata":{"finalizers":["b"]}}""", StrategicMergePatch.Apply(document, JsonNode.Parse("""{"metadata":{"$deleteFromPrimitiveList/finalizers":["a"]}}"""), Schemas.For("Pod")).ToJsonString());
    }

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();
}
