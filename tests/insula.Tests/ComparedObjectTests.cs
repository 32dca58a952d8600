using System.Text.Json.Nodes;
using Insula.Cli.Output;

namespace Insula.Cli.Tests;

public sealed class ComparedObjectTests
{
    [Fact]
    public void Fields_are_in_order_and_without_what_every_write_changes() => Assert.Equal(
        """{"kind":"Pod","metadata":{"annotations":{"a":"b"},"name":"web"},"spec":{"a":[{"x":1,"y":2}],"b":null}}""",
        ComparedObject.Plain(Parse(
            """
            {"spec":{"b":null,"a":[{"y":2,"x":1}]},"metadata":{"name":"web","resourceVersion":"7","managedFields":[],
             "annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}","a":"b"}},"kind":"Pod"}
            """)).ToJsonString());

    [Fact]
    public void Annotations_that_only_keep_what_was_applied_are_none() =>
        Assert.Equal("""{"metadata":{}}""", ComparedObject.Plain(Parse("""{"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}"}}}""")).ToJsonString());

    [Fact]
    public void Of_a_secret_one_sees_which_values_differ_and_none_of_them()
    {
        var before = Parse("""{"kind":"Secret","data":{"same":"c2FtZQ==","other":"b2xk","gone":"Z29uZQ=="}}""");
        var after = Parse("""{"kind":"Secret","data":{"same":"c2FtZQ==","other":"bmV3","new":"bmV3"},"stringData":{"text":"plain"}}""");
        ComparedObject.HideSecrets(before, after);
        Assert.Equal("""{"kind":"Secret","data":{"same":"***","other":"*** (before)","gone":"***"}}""", before.ToJsonString());
        Assert.Equal("""{"kind":"Secret","data":{"same":"***","other":"*** (after)","new":"***"},"stringData":{"text":"***"}}""", after.ToJsonString());

        var made = Parse("""{"kind":"Secret","data":{"new":"bmV3"}}""");
        ComparedObject.HideSecrets(null, made);
        Assert.Equal("""{"kind":"Secret","data":{"new":"***"}}""", made.ToJsonString());
    }

    [Fact]
    public void Values_of_others_are_shown()
    {
        var map = Parse("""{"kind":"ConfigMap","data":{"a":"b"}}""");
        ComparedObject.HideSecrets(null, map);
        Assert.Equal("b", (string?)map["data"]!["a"]);
    }

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();
}
