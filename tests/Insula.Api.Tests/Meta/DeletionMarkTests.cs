using System.Text.Json.Nodes;
using Insula.Api.Meta;

namespace Insula.Api.Tests.Meta;

public sealed class DeletionMarkTests
{
    [Fact]
    public void The_first_mark_raises_the_generation_and_a_later_one_only_changes_the_time()
    {
        var document = JsonNode.Parse("""{"metadata":{"name":"web","generation":3}}""")!.AsObject();
        Assert.False(DeletionMark.IsOn(document));
        var asked = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        DeletionMark.Set(document, asked, 30);
        Assert.True(DeletionMark.IsOn(document));
        Assert.Equal(("2026-01-02T03:04:35Z", 30L, 4L), Of(document));
        DeletionMark.Set(document, asked, 5);
        Assert.Equal(("2026-01-02T03:04:10Z", 5L, 4L), Of(document));
    }

    [Fact]
    public void An_object_without_a_generation_gets_its_first()
    {
        var document = new JsonObject { ["metadata"] = new JsonObject() };
        DeletionMark.Set(document, DateTimeOffset.UnixEpoch, 0);
        Assert.Equal(("1970-01-01T00:00:00Z", 0L, 1L), Of(document));
    }

    private static (string? At, long Grace, long Generation) Of(JsonObject document) => (
        (string?)document["metadata"]!["deletionTimestamp"], (long)document["metadata"]!["deletionGracePeriodSeconds"]!, (long)document["metadata"]!["generation"]!);
}
