using static Insula.Store.Tests.StoreDirectory;

namespace Insula.Store.Tests;

public sealed class ObjectStoreTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Create_sets_uid_version_and_time_and_keeps_the_rest()
    {
        await using var directory = new StoreDirectory();
        var created = await directory.Store.CreateAsync(Pod("web"), Document("web", "front"), None);
        var metadata = created.ToDocument()["metadata"]!;
        Assert.Equal(created.Uid, (string?)metadata["uid"]);
        Assert.True(Guid.TryParse(created.Uid, out _));
        Assert.Equal("1", (string?)metadata["resourceVersion"]);
        Assert.Equal("default", (string?)metadata["namespace"]);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", (string?)metadata["creationTimestamp"]);
        Assert.Equal("front", created.Labels["app"]);
        Assert.Same(created, directory.Store.Get(Pod("web")));
    }

    [Fact]
    public async Task A_version_is_read_once_for_all_who_ask_meanwhile()
    {
        await using var directory = new StoreDirectory();
        var created = await directory.Store.CreateAsync(Pod("web"), Document("web"), None);
        var reads = 0;
        string Reader(ReadOnlyMemory<byte> json)
        {
            Interlocked.Increment(ref reads);
            return System.Text.Encoding.UTF8.GetString(json.Span);
        }

        var all = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => created.Read(Reader))));
        Assert.Equal(1, reads);
        Assert.All(all, text => Assert.Same(all[0], text));
        Assert.Equal(created.Json.ToArray(), System.Text.Encoding.UTF8.GetBytes(all[0]));

        // Another version is another text.
        var updated = await directory.Store.UpdateAsync(Pod("web"), SetImage("b"), new UpdateOptions(), None);
        Assert.Contains("\"b\"", updated.Read(Reader), StringComparison.Ordinal);
        Assert.Equal(2, reads);
        GC.KeepAlive(all);
    }

    [Fact]
    public async Task A_second_create_of_the_same_name_is_refused_and_another_namespace_is_not()
    {
        await using var directory = new StoreDirectory();
        await directory.Store.CreateAsync(Pod("web"), Document("web"), None);
        var refusal = await Assert.ThrowsAsync<StoreException>(() => directory.Store.CreateAsync(Pod("web"), Document("web"), None));
        Assert.Equal(StoreError.AlreadyExists, refusal.Error);
        await directory.Store.CreateAsync(Pod("web", "other"), Document("web"), None);
        Assert.Single(directory.Store.List("pods", "other").Items);
        Assert.Equal(2, directory.Store.List("pods", null).Items.Count);
    }

    [Fact]
    public async Task An_update_at_an_old_version_conflicts_and_changes_nothing()
    {
        await using var directory = new StoreDirectory();
        var first = await directory.Store.CreateAsync(Pod("web"), Document("web"), None);
        var second = await directory.Store.UpdateAsync(Pod("web"), SetImage("b"), new UpdateOptions { ResourceVersion = first.ResourceVersion }, None);
        Assert.True(second.ResourceVersion > first.ResourceVersion);
        var refusal = await Assert.ThrowsAsync<StoreException>(
            () => directory.Store.UpdateAsync(Pod("web"), SetImage("c"), new UpdateOptions { ResourceVersion = first.ResourceVersion }, None));
        Assert.Equal(StoreError.Conflict, refusal.Error);
        Assert.Equal("b", (string?)directory.Store.Get(Pod("web"))!.ToDocument()["spec"]!["image"]);
    }

    [Fact]
    public async Task An_update_may_not_change_identity()
    {
        await using var directory = new StoreDirectory();
        var first = await directory.Store.CreateAsync(Pod("web"), Document("web"), None);
        var second = await directory.Store.UpdateAsync(
            Pod("web"),
            document =>
            {
                document["metadata"] = new System.Text.Json.Nodes.JsonObject { ["name"] = "other", ["uid"] = "x", ["creationTimestamp"] = null };
                return document;
            },
            UpdateOptions.Default,
            None);
        var metadata = second.ToDocument()["metadata"]!;
        Assert.Equal("web", (string?)metadata["name"]);
        Assert.Equal(first.Uid, (string?)metadata["uid"]);
        Assert.NotNull((string?)metadata["creationTimestamp"]);
    }

    [Fact]
    public async Task An_update_to_the_same_makes_no_version_and_no_event()
    {
        await using var directory = new StoreDirectory();
        var first = await directory.Store.CreateAsync(Pod("web"), Document("web"), None);
        using var watch = directory.Store.Watch("pods", null, null);
        Assert.Same(first, await directory.Store.UpdateAsync(Pod("web"), SetImage("a"), UpdateOptions.Default, None));
        Assert.Same(first, await directory.Store.UpdateAsync(Pod("web"), _ => null, UpdateOptions.Default, None));
        Assert.Equal(first.ResourceVersion, directory.Store.ResourceVersion);
        Assert.False(watch.Events.TryRead(out _));
    }

    [Fact]
    public async Task A_change_that_throws_reaches_its_caller_only()
    {
        await using var directory = new StoreDirectory();
        await directory.Store.CreateAsync(Pod("web"), Document("web"), None);
        await Assert.ThrowsAsync<FormatException>(
            () => directory.Store.UpdateAsync(Pod("web"), _ => throw new FormatException(), UpdateOptions.Default, None));
        await directory.Store.UpdateAsync(Pod("web"), SetImage("b"), UpdateOptions.Default, None);
    }

    [Fact]
    public async Task Delete_checks_preconditions_and_is_repeatable()
    {
        await using var directory = new StoreDirectory();
        var created = await directory.Store.CreateAsync(Pod("web"), Document("web"), None);
        var refusal = await Assert.ThrowsAsync<StoreException>(() => directory.Store.DeleteAsync(Pod("web"), new Preconditions("other"), None));
        Assert.Equal(StoreError.Conflict, refusal.Error);
        Assert.NotNull(await directory.Store.DeleteAsync(Pod("web"), new Preconditions(created.Uid, created.ResourceVersion), None));
        Assert.Null(await directory.Store.DeleteAsync(Pod("web"), Preconditions.None, None));
        Assert.Empty(directory.Store.Resources());
        var missing = await Assert.ThrowsAsync<StoreException>(() => directory.Store.UpdateAsync(Pod("web"), d => d, UpdateOptions.Default, None));
        Assert.Equal(StoreError.NotFound, missing.Error);
    }

    [Fact]
    public async Task Lists_are_ordered_by_namespace_and_name()
    {
        await using var directory = new StoreDirectory();
        foreach (var (ns, name) in new[] { ("b", "a"), ("a", "z"), ("a", "B"), ("a", "b") })
        {
            await directory.Store.CreateAsync(Pod(name, ns), Document(name), None);
        }

        Assert.Equal(["a/B", "a/b", "a/z", "b/a"], directory.Store.List("pods", null).Items.Select(o => $"{o.Key.Namespace}/{o.Key.Name}"));
    }

    [Fact]
    public async Task Many_writers_each_get_their_own_version()
    {
        await using var directory = new StoreDirectory();
        await directory.Store.CreateAsync(Pod("web"), Document("web", image: "0"), None);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => directory.Store.UpdateAsync(
            Pod("web"),
            document =>
            {
                document["spec"]!["image"] = (int.Parse((string)document["spec"]!["image"]!) + 1).ToString();
                return document;
            },
            UpdateOptions.Default,
            None))));
        Assert.Equal("200", (string?)directory.Store.Get(Pod("web"))!.ToDocument()["spec"]!["image"]);
        Assert.Equal(201, directory.Store.ResourceVersion);
    }
}
