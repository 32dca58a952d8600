using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Pods.Workers;
using Insula.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Insula.Pods.Tests.Workers;

/// <summary>What a worker has written it need not read; what others change it must, however late the watch tells.</summary>
public sealed class PodStatusRecordTests : IAsyncLifetime
{
    private static readonly ObjectKey _key = new("pods", "default", "web");
    private static readonly PodStatus _running = new() { Phase = PodPhases.Running };
    private static readonly PodStatus _succeeded = new() { Phase = PodPhases.Succeeded };
    private readonly string _directory = Directory.CreateTempSubdirectory("insula-status-").FullName;
    private ObjectStore _store = null!;
    private PodStatusRecord _record = null!;

    public async ValueTask InitializeAsync()
    {
        _store = ObjectStore.Open(new StoreOptions { Directory = _directory, ReserveBytes = 0 }, TimeProvider.System, message => Assert.Fail(message));
        var pod = new Pod { Metadata = new() { Name = "web", Namespace = "default" } };
        var stored = await _store.CreateAsync(_key, ApiJson.ToJson(pod), TestContext.Current.CancellationToken);
        _record = new PodStatusRecord(_store, _key, ApiJson.Read<Pod>(stored.Json.Span), NullLogger.Instance);
        Assert.True(_record.Knows(stored));
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task All_that_it_wrote_itself_is_known()
    {
        var first = await WriteAsync(_running);
        var second = await WriteAsync(_succeeded);
        Assert.NotEqual(first.ResourceVersion, second.ResourceVersion);
        Assert.True(_record.Knows(first));
        Assert.True(_record.Knows(second));
        Assert.Same(second, await WriteAsync(_succeeded));
    }

    [Fact]
    public async Task A_deletion_is_not_taken_for_its_own_after_a_write_that_changed_nothing()
    {
        // Its own version, read again after another's was: what it believes the store to have is older than what the store has.
        var foreign = await ChangeAsync("labels", new JsonObject { ["by"] = "another" });
        await WriteAsync(_succeeded);
        Read(foreign);
        var deletion = await ChangeAsync("deletionTimestamp", "2026-01-01T00:00:00Z");
        Assert.Same(deletion, await WriteAsync(_succeeded));
        Assert.False(_record.Knows(deletion));
    }

    [Fact]
    public async Task What_it_wrote_on_top_of_another_s_change_is_read()
    {
        // Whoever lists instead of watching sees only the newest version.
        await ChangeAsync("deletionTimestamp", "2026-01-01T00:00:00Z");
        var newest = await WriteAsync(_succeeded);
        Assert.False(_record.Knows(newest));
        Read(newest);
        Assert.True(_record.Knows(newest));
        Assert.True(_record.Knows(await WriteAsync(_running)));
    }

    private async Task<StoredObject> WriteAsync(PodStatus status)
    {
        Assert.True(await _record.WriteAsync(status, Durability.Coalesced, TestContext.Current.CancellationToken));
        return _store.Get(_key)!;
    }

    private Task<StoredObject> ChangeAsync(string field, JsonNode value) => _store.UpdateAsync(
        _key,
        document =>
        {
            document["metadata"]![field] = value.DeepClone();
            return document;
        },
        UpdateOptions.Default, TestContext.Current.CancellationToken);

    private void Read(StoredObject stored) => _record.Read(stored, ApiJson.Read<Pod>(stored.Json.Span).Status);
}
