using static Insula.Store.Tests.StoreDirectory;

namespace Insula.Store.Tests;

public sealed class WatchTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task A_watch_from_a_lists_version_misses_and_repeats_nothing()
    {
        await using var directory = new StoreDirectory();
        var store = directory.Store;
        var writer = Task.Run(async () =>
        {
            for (var i = 0; i < 300; i++)
            {
                await store.CreateAsync(Pod($"p{i:000}"), Document($"p{i:000}"), None, Durability.Coalesced);
            }
        });
        var list = store.List("pods", null);
        using var watch = store.Watch("pods", null, list.ResourceVersion);
        var seen = list.Items.Select(o => o.Key.Name).ToList();
        while (seen.Count < 300)
        {
            var change = await watch.Events.ReadAsync(None);
            Assert.Equal(WatchEventType.Added, change.Type);
            seen.Add(change.Object!.Key.Name);
        }

        await writer;
        Assert.Equal(Enumerable.Range(0, 300).Select(i => $"p{i:000}"), seen);
    }

    [Fact]
    public async Task Events_carry_type_version_and_the_previous_object()
    {
        await using var directory = new StoreDirectory();
        using var watch = directory.Store.Watch("pods", "default", null);
        await directory.Store.CreateAsync(Pod("web", "other"), Document("web"), None);
        var created = await directory.Store.CreateAsync(Pod("web"), Document("web"), None);
        var updated = await directory.Store.UpdateAsync(Pod("web"), SetImage("b"), UpdateOptions.Default, None);
        await directory.Store.DeleteAsync(Pod("web"), Preconditions.None, None);
        var events = new List<WatchEvent>();
        for (var i = 0; i < 3; i++)
        {
            events.Add(await watch.Events.ReadAsync(None));
        }

        Assert.Equal([WatchEventType.Added, WatchEventType.Modified, WatchEventType.Deleted], events.Select(e => e.Type));
        Assert.Same(created, events[0].Object);
        Assert.Same(created, events[1].Previous);
        Assert.Same(updated, events[2].Previous);
        Assert.Equal(events[2].ResourceVersion, events[2].Object!.ResourceVersion);
        Assert.Equal(events[2].ResourceVersion.ToString(), (string?)events[2].Object!.ToDocument()["metadata"]!["resourceVersion"]);
    }

    [Fact]
    public async Task A_follower_is_woken_by_what_concerns_it_alone()
    {
        await using var directory = new StoreDirectory();
        using var watch = directory.Store.Follow(change => change.Object!.Key.Resource == "services" || change.Type == WatchEventType.Deleted);
        var waiting = watch.Events.WaitToReadAsync(None);
        await directory.Store.CreateAsync(Pod("web"), Document("web"), None);
        await directory.Store.UpdateAsync(Pod("web"), SetImage("b"), UpdateOptions.Default, None);
        Assert.False(waiting.IsCompleted);
        await directory.Store.DeleteAsync(Pod("web"), Preconditions.None, None);
        await directory.Store.CreateAsync(new ObjectKey("services", "default", "front"), Document("front"), None);
        Assert.True(await waiting);
        Assert.Equal("web", (await watch.Events.ReadAsync(None)).Object!.Key.Name);
        Assert.Equal("front", (await watch.Events.ReadAsync(None)).Object!.Key.Name);
    }

    [Fact]
    public async Task A_watch_from_before_the_history_is_gone_and_from_the_future_refused()
    {
        await using var directory = new StoreDirectory(new StoreOptions { Directory = "", HistoryEvents = 5 });
        for (var i = 0; i < 10; i++)
        {
            await directory.Store.CreateAsync(Pod($"p{i}"), Document($"p{i}"), None);
        }

        Assert.Equal(StoreError.Gone, Assert.Throws<StoreException>(() => directory.Store.Watch("pods", null, 4)).Error);
        using var watch = directory.Store.Watch("pods", null, 5);
        Assert.Equal(6, (await watch.Events.ReadAsync(None)).ResourceVersion);
        Assert.Equal(StoreError.FutureVersion, Assert.Throws<StoreException>(() => directory.Store.Watch("pods", null, 11)).Error);
    }

    [Fact]
    public async Task History_is_bounded_in_bytes_too()
    {
        await using var directory = new StoreDirectory(new StoreOptions { Directory = "", HistoryBytes = 10_000 });
        for (var i = 0; i < 10; i++)
        {
            await directory.Store.CreateAsync(Pod($"p{i}"), Document($"p{i}", image: new string('x', 3000)), None);
        }

        Assert.Equal(StoreError.Gone, Assert.Throws<StoreException>(() => directory.Store.Watch("pods", null, 6)).Error);
        using var watch = directory.Store.Watch("pods", null, 7);
        Assert.Equal(8, (await watch.Events.ReadAsync(None)).ResourceVersion);
    }

    [Fact]
    public async Task A_slow_watcher_is_dropped_and_others_go_on()
    {
        await using var directory = new StoreDirectory(new StoreOptions { Directory = "", WatcherLag = 3 });
        using var slow = directory.Store.Watch("pods", null, null);
        using var elsewhere = directory.Store.Watch("pods", "other", null);
        for (var i = 0; i < 5; i++)
        {
            await directory.Store.CreateAsync(Pod($"p{i}"), Document($"p{i}"), None);
        }

        await directory.Store.CreateAsync(Pod("p", "other"), Document("p"), None);
        Assert.Equal("p", (await elsewhere.Events.ReadAsync(None)).Object!.Key.Name);
        var seen = 0;
        var dropped = await Assert.ThrowsAsync<StoreException>(async () =>
        {
            await foreach (var unused in slow.Events.ReadAllAsync(None))
            {
                seen++;
            }
        });
        Assert.Equal(StoreError.SlowWatcher, dropped.Error);
        Assert.Equal(3, seen);
    }

    [Fact]
    public async Task A_bookmark_stands_behind_everything_delivered()
    {
        await using var directory = new StoreDirectory();
        using var watch = directory.Store.Watch("pods", null, null);
        await directory.Store.CreateAsync(Pod("a"), Document("a"), None);
        await directory.Store.CreateAsync(new ObjectKey("events", "default", "e"), [], None);
        watch.RequestBookmark();
        Assert.Equal(1, (await watch.Events.ReadAsync(None)).ResourceVersion);
        var bookmark = await watch.Events.ReadAsync(None);
        Assert.Equal((WatchEventType.Bookmark, 2L), (bookmark.Type, bookmark.ResourceVersion));
    }

    [Fact]
    public async Task Closing_the_store_ends_watches_and_refuses_writes()
    {
        await using var directory = new StoreDirectory();
        using var watch = directory.Store.Watch("pods", null, null);
        await directory.Store.DisposeAsync();
        Assert.False(await watch.Events.WaitToReadAsync(None));
        var refusal = await Assert.ThrowsAsync<StoreException>(() => directory.Store.CreateAsync(Pod("a"), Document("a"), None));
        Assert.Equal(StoreError.Closed, refusal.Error);
    }
}
