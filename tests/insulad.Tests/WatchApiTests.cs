using System.Text.Json.Nodes;
using static System.Net.Http.HttpMethod;

namespace Insulad.Tests;

public sealed class WatchApiTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private static string Pods(string ns) => $"/api/v1/namespaces/{ns}/pods";

    [Fact]
    public async Task A_watch_from_a_list_sees_what_comes_after_it()
    {
        var ns = await api.NamespaceAsync();
        await api.SendAsync(Post, Pods(ns), ApiFixture.Pod("before"));
        var (_, list) = await api.SendAsync(Get, Pods(ns));
        await using var watch = await OpenAsync($"{Pods(ns)}?watch=true&resourceVersion={(string?)list["metadata"]!["resourceVersion"]}");
        await api.SendAsync(Post, Pods(ns), ApiFixture.Pod("web"));
        await api.SendAsync(Patch, $"{Pods(ns)}/web", """{"metadata":{"labels":{"a":"b"}}}""", "application/merge-patch+json");
        Assert.Equal(("ADDED", "web"), await watch.NextNameAsync());
        Assert.Equal(("MODIFIED", "web"), await watch.NextNameAsync());
    }

    [Fact]
    public async Task Without_a_version_what_exists_is_added_first()
    {
        var ns = await api.NamespaceAsync();
        await api.SendAsync(Post, Pods(ns), ApiFixture.Pod("web"));
        await using var watch = await OpenAsync($"{Pods(ns)}?watch=1");
        Assert.Equal(("ADDED", "web"), await watch.NextNameAsync());
    }

    [Fact]
    public async Task An_object_that_begins_or_ceases_to_match_is_added_or_deleted()
    {
        var ns = await api.NamespaceAsync();
        await using var watch = await OpenAsync($"{Pods(ns)}?watch=true&labelSelector=a%3Db");
        await api.SendAsync(Post, Pods(ns), ApiFixture.Pod("web"));
        await api.SendAsync(Patch, $"{Pods(ns)}/web", """{"metadata":{"labels":{"a":"b"}}}""", "application/merge-patch+json");
        Assert.Equal(("ADDED", "web"), await watch.NextNameAsync());
        await api.SendAsync(Patch, $"{Pods(ns)}/web", """{"metadata":{"labels":{"a":"c"}}}""", "application/merge-patch+json");
        Assert.Equal(("DELETED", "web"), await watch.NextNameAsync());
    }

    [Fact]
    public async Task The_initial_events_end_with_a_bookmark_when_asked_for()
    {
        var ns = await api.NamespaceAsync();
        await using var watch = await OpenAsync($"{Pods(ns)}?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan");
        var bookmark = await watch.NextAsync();
        Assert.Equal("BOOKMARK", (string?)bookmark["type"]);
        Assert.Equal("true", (string?)bookmark["object"]!["metadata"]!["annotations"]!["k8s.io/initial-events-end"]);
    }

    [Fact]
    public async Task Too_old_is_gone_and_the_time_out_ends_the_stream()
    {
        var ns = await api.NamespaceAsync();
        var (code, _) = await api.SendAsync(Get, $"{Pods(ns)}?watch=true&resourceVersion=abc");
        Assert.Equal(400, code);
        (code, var future) = await api.SendAsync(Get, $"{Pods(ns)}?watch=true&resourceVersion=999999999");
        Assert.Equal((504, "Timeout"), (code, (string?)future["reason"]));
        await using var watch = await OpenAsync($"{Pods(ns)}?watch=true&timeoutSeconds=1");
        Assert.Null(await watch.LineAsync());
    }

    [Fact]
    public async Task Rows_are_watched_too()
    {
        var ns = await api.NamespaceAsync();
        await api.SendAsync(Post, Pods(ns), ApiFixture.Pod("web"));
        await using var watch = await OpenAsync($"{Pods(ns)}?watch=true", "application/json;as=Table;v=v1;g=meta.k8s.io");
        var change = await watch.NextAsync();
        Assert.Equal(("ADDED", "Table", "web"), ((string)change["type"]!, (string)change["object"]!["kind"]!, (string)change["object"]!["rows"]![0]!["cells"]![0]!));
    }

    private async Task<WatchStream> OpenAsync(string path, string? accept = null)
    {
        // Watches of earlier tests may take a moment to be noticed as closed.
        for (var attempt = 0; ; attempt++)
        {
            var response = await api.RawAsync(Get, path, accept: accept);
            if ((int)response.StatusCode != 429 || attempt == 100)
            {
                Assert.Equal(200, (int)response.StatusCode);
                return new WatchStream(response);
            }

            response.Dispose();
            await Task.Delay(20);
        }
    }
}
