using Insula.Images;
using Insula.Images.Tests.Support;
using Insula.Pods.Images;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Insula.Pods.Tests.Images;

public sealed class ImageCollectorTests : IAsyncDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly HashSet<string> _wanted = [];
    private readonly ImageStore _images;
    private readonly ImageCollector _collector;
    private (long Capacity, long Available) _room = (1000, 1000);

    public ImageCollectorTests()
    {
        _images = Stores.Open(_temporary);
        _collector = new ImageCollector(_images, () => _wanted, new ImageCollectionRules(), () => _room, _clock, NullLogger<ImageCollector>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await _collector.DisposeAsync();
        _images.Dispose();
        _temporary.Dispose();
    }

    [Fact]
    public async Task A_full_disk_costs_what_nobody_uses_until_there_is_room_and_no_more()
    {
        await LoadAsync("first", 100);
        await LoadAsync("second", 100);
        await LoadAsync("used", 100);
        _wanted.Add(_images.Resolve("used")!.Id);
        _room = (1000, 100);

        // They have just come.
        Assert.Equal(100, await _collector.CollectAsync(CancellationToken.None));
        Assert.Equal(3, _images.List().Count);
        _clock.Advance(TimeSpan.FromMinutes(3));
        _wanted.Add(_images.Resolve("first")!.Id);
        await _collector.CollectAsync(CancellationToken.None);
        Assert.Null(_images.Resolve("second"));
        Assert.NotNull(_images.Resolve("first"));

        // Wanted until now: what is missing is told, and it goes in its turn.
        await LoadAsync("third", 100);
        _clock.Advance(TimeSpan.FromMinutes(3));
        await _collector.CollectAsync(CancellationToken.None);
        _wanted.Clear();
        _room = (1000, 150);
        await _collector.CollectAsync(CancellationToken.None);
        Assert.Equal(2, _images.List().Count);
    }

    [Fact]
    public async Task An_image_that_has_come_since_the_last_look_is_new_however_long_there_was_none()
    {
        _clock.Advance(TimeSpan.FromMinutes(4));
        await LoadAsync("new", 10);
        _room = (1000, 0);
        await _collector.CollectAsync(CancellationToken.None);
        Assert.Single(_images.List());
    }

    [Fact]
    public async Task When_room_is_wanted_the_longest_unused_go_until_there_is_enough_and_those_in_use_never()
    {
        await LoadAsync("first", 100);
        await LoadAsync("used", 100);
        _wanted.Add(_images.Resolve("used")!.Id);
        await _collector.FreeAsync(() => false, CancellationToken.None);
        Assert.Equal(2, _images.List().Count); // they have just come
        _clock.Advance(TimeSpan.FromMinutes(3));
        await LoadAsync("second", 100);
        await _collector.FreeAsync(() => _images.Resolve("first") is null, CancellationToken.None);
        _clock.Advance(TimeSpan.FromMinutes(3));
        await _collector.FreeAsync(() => _images.Resolve("first") is null, CancellationToken.None);
        Assert.Equal((true, true), (_images.Resolve("first") is null, _images.Resolve("second") is not null));
        await _collector.FreeAsync(() => false, CancellationToken.None);
        Assert.Equal(["used"], _images.List().SelectMany(i => i.References).Select(r => r.Split('/')[^1].Split(':')[0]));
    }

    [Fact]
    public async Task It_looks_by_itself()
    {
        await LoadAsync("idle", 10);
        await using var collector = new ImageCollector(_images, () => _wanted, new ImageCollectionRules(), () => _room, _clock, NullLogger<ImageCollector>.Instance);
        _room = (1000, 0);
        _clock.Advance(TimeSpan.FromMinutes(5));
        Assert.True(await Task.Run(() => SpinWait.SpinUntil(() => _images.List().Count == 0, TimeSpan.FromSeconds(30))));
    }

    [Fact]
    public async Task Pruning_takes_those_without_a_name_or_all_but_none_in_use()
    {
        await LoadAsync("one", 10);
        await LoadAsync("one", 20); // the first has no name any more
        await LoadAsync("used", 30);
        _wanted.Add(_images.Resolve("used")!.Id);
        Assert.Equal([10], (await _collector.PruneAsync(all: false, only: true, CancellationToken.None)).Select(g => g.Freed));
        Assert.Equal(3, _images.List().Count);
        Assert.Equal([10], (await _collector.PruneAsync(all: false, only: false, CancellationToken.None)).Select(g => g.Freed));
        Assert.Equal([20], (await _collector.PruneAsync(all: true, only: false, CancellationToken.None)).Select(g => g.Freed));
        Assert.Equal(["docker.io/library/used:latest"], Assert.Single(_images.List()).References);
    }

    private async Task LoadAsync(string name, int size)
    {
        using var archive = new MemoryStream(new ImageBuilder().Layer(new TarBuilder().File(name, new string('x', size))).Oci().Archive());
        await _images.LoadAsync(archive, name, null, CancellationToken.None);
    }
}
