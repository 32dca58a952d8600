using System.Collections.Concurrent;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Store;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Insula.Pods.Tests;

/// <summary>What follows the store goes on, whatever disturbs it.</summary>
public sealed class StoreWatchTests : IAsyncLifetime
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);

    private readonly string _directory = Directory.CreateTempSubdirectory("insula-watch-").FullName;
    private readonly FakeTimeProvider _clock = new();
    private readonly ConcurrentQueue<string> _told = [];
    private int _looks;
    private Func<string, bool> _disturbs = _ => false;
    private Func<bool> _disturbsLooks = () => false;
    private ObjectStore _store = null!;
    private StoreWatch _watch = null!;

    public ValueTask InitializeAsync()
    {
        _store = ObjectStore.Open(new StoreOptions { Directory = _directory, ReserveBytes = 0 }, TimeProvider.System, message => Assert.Fail(message));
        _watch = new StoreWatch(_store, "configmaps", Changed, LookAgain, _clock, NullLogger.Instance);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync();
        await _store.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_change_that_cannot_be_handled_has_all_looked_at_anew_and_the_next_ones_are_told()
    {
        _disturbs = name => name == "bad";
        _watch.Start(_store.ResourceVersion);
        await PutAsync("first");
        await UntilAsync(() => _told.Contains("first"), "the first is told");
        await PutAsync("bad");
        await UntilAsync(() => _looks == 1, "all is looked at anew");
        await PutAsync("next");
        await UntilAsync(() => _told.Contains("next"), "the next is told");
        Assert.Equal(["first", "bad", "next"], _told);
        Assert.Equal(1, _looks);
    }

    [Fact]
    public async Task A_look_that_fails_is_made_again()
    {
        _disturbs = name => name == "bad";
        var failures = 2;
        _disturbsLooks = () => failures-- > 0;
        _watch.Start(_store.ResourceVersion);
        await PutAsync("bad");
        await UntilAsync(() => _looks == 3, "the third look succeeds");
        await PutAsync("next");
        await UntilAsync(() => _told.Contains("next"), "the next is told");
    }

    [Fact]
    public async Task A_version_that_the_store_does_not_know_has_all_looked_at_anew()
    {
        _watch.Start(_store.ResourceVersion + 1000);
        await UntilAsync(() => _looks == 1, "all is looked at anew");
        await PutAsync("next");
        await UntilAsync(() => _told.Contains("next"), "the next is told");
    }

    [Fact]
    public async Task It_ends_with_the_store()
    {
        _watch.Start(_store.ResourceVersion);
        await PutAsync("first");
        await UntilAsync(() => _told.Contains("first"), "the first is told");
        await _store.DisposeAsync();
        await _watch.DisposeAsync().AsTask().WaitAsync(s_deadline, TestContext.Current.CancellationToken);
        Assert.Equal(0, _looks);
    }

    private Task Changed(WatchEvent change)
    {
        var name = change.Object!.Key.Name;
        _told.Enqueue(name);
        return _disturbs(name) ? throw new InvalidOperationException($"{name} disturbs") : Task.CompletedTask;
    }

    private Task<long> LookAgain()
    {
        _looks++;
        return _disturbsLooks() ? throw new InvalidOperationException("the look fails") : Task.FromResult(_store.List("configmaps", null).ResourceVersion);
    }

    private Task<StoredObject> PutAsync(string name) => _store.CreateAsync(
        new ObjectKey("configmaps", "default", name), ApiJson.ToJson(new ConfigMap { Metadata = new() { Name = name, Namespace = "default" } }), TestContext.Current.CancellationToken);

    // Its pauses pass as fast as it comes to them.
    private async Task UntilAsync(Func<bool> condition, string what)
    {
        using var deadline = new CancellationTokenSource(s_deadline);
        while (!condition())
        {
            Assert.False(deadline.IsCancellationRequested, $"not in time: {what}");
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(5), TestContext.Current.CancellationToken);
        }
    }
}
