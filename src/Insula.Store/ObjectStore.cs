using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Insula.Linux;
using Insula.Linux.Files;
using Insula.Store.Disk;
using Insula.Store.Watching;
using Insula.Store.Writing;

namespace Insula.Store;

/// <summary>The store on disk: <c>state.db</c> in one directory, held by one process.</summary>
public sealed class ObjectStore : IObjectStore, IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly Database _database;
    private readonly WatchHub _hub;
    private readonly StoreWriter _writer;
    private bool _disposed;

    private ObjectStore(TimeProvider time, Database database, WatchHub hub, StoreWriter writer)
    {
        _time = time;
        _database = database;
        _hub = hub;
        _writer = writer;
    }

    /// <inheritdoc/>
    public long ResourceVersion => _hub.Snapshot.Version;

    /// <summary>Opens the database, or makes it, and reads it whole.</summary>
    /// <param name="options">Where, and how much history.</param>
    /// <param name="time">Creation times and the coalescing delay.</param>
    /// <param name="report">Gets a sentence when the disk refuses what can wait (statuses, the reserve).</param>
    /// <exception cref="StoreException">
    /// <see cref="StoreError.Unusable"/>: written by a newer program, or corrupted; the message names the copy made of it.
    /// <see cref="StoreError.Disk"/>: cannot be written.
    /// </exception>
    public static ObjectStore Open(StoreOptions options, TimeProvider time, Action<string> report) => Open(options, time, report, Entries.SyncData);

    internal static ObjectStore Open(StoreOptions options, TimeProvider time, Action<string> report, Action<Descriptor> sync)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(report);
        var path = Path.Combine(options.Directory, "state.db");
        var database = Database.Open(path, options.MaxPages, sync);
        try
        {
            var hub = new WatchHub(options, Read(database, path));
            var reserve = new DiskReserve(Path.Combine(options.Directory, "state.reserve"), options.ReserveBytes, time);
            return new ObjectStore(time, database, hub, new StoreWriter(database, reserve, hub, time, options.CoalesceDelay, report));
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public StoredObject? Get(ObjectKey key) => _hub.Snapshot.Get(key);

    /// <inheritdoc/>
    public ListResult List(string resource, string? ns) => _hub.Snapshot.List(resource, ns);

    /// <inheritdoc/>
    public IReadOnlyList<string> Resources() => [.. _hub.Snapshot.Resources.Keys.Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public async Task<StoredObject> CreateAsync(ObjectKey key, JsonObject document, CancellationToken ct, Durability durability = Durability.Full)
    {
        ArgumentNullException.ThrowIfNull(document);
        var created = await Submit(key, durability, mayUseReserve: false, (current, version) =>
        {
            if (current is not null)
            {
                throw new StoreException(StoreError.AlreadyExists, $"{key} already exists");
            }

            var copy = document.DeepClone().AsObject();
            return new WatchEvent(WatchEventType.Added, version, Metadata.Create(key, copy, version, _time.GetUtcNow()), null);
        }, ct).ConfigureAwait(false);
        return created!;
    }

    /// <inheritdoc/>
    public async Task<StoredObject> UpdateAsync(ObjectKey key, Func<JsonObject, JsonObject?> change, UpdateOptions options, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(change);
        ArgumentNullException.ThrowIfNull(options);
        var updated = await Submit(key, options.Durability, options.MayUseReserve, (current, version) =>
        {
            if (current is null)
            {
                throw new StoreException(StoreError.NotFound, $"{key} not found");
            }

            Check(current, options.Uid, options.ResourceVersion);
            return change(current.ToDocument()) is { } document && Metadata.Update(current, document, version) is { } next
                ? new WatchEvent(WatchEventType.Modified, version, next, current)
                : null;
        }, ct).ConfigureAwait(false);
        return updated!;
    }

    /// <inheritdoc/>
    public Task<StoredObject?> DeleteAsync(ObjectKey key, Preconditions preconditions, CancellationToken ct, Durability durability = Durability.Full)
    {
        ArgumentNullException.ThrowIfNull(preconditions);
        return Submit(key, durability, mayUseReserve: true, (current, version) =>
        {
            if (current is null)
            {
                return null;
            }

            Check(current, preconditions.Uid, preconditions.ResourceVersion);
            return new WatchEvent(WatchEventType.Deleted, version, Metadata.Delete(current, version), current);
        }, ct);
    }

    /// <inheritdoc/>
    public ObjectWatch Watch(string resource, string? ns, long? since) =>
        _hub.Watch(resource, change => (change.Object!.Key.Resource == resource || resource == ObjectWatch.AllResources) && (ns is null || change.Object.Key.Namespace == ns), since);

    /// <inheritdoc/>
    public ObjectWatch Follow(Func<WatchEvent, bool> concerns) => _hub.Watch("several resources", concerns, null);

    /// <summary>Writes what is waiting and closes the database.</summary>
    public ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            _hub.Close();
            _writer.Dispose();
            _database.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private static Snapshot Read(Database database, string path)
    {
        try
        {
            var resources = database.ReadAll()
                .Select(row => Metadata.Load(row.Key, row.Uid, row.Version, row.Document!.Value))
                .GroupBy(o => o.Key.Resource)
                .ToImmutableDictionary(
                    g => g.Key,
                    g => g.ToImmutableSortedDictionary(o => new ObjectName(o.Key.Namespace, o.Key.Name), o => o));
            return new Snapshot(database.ReadVersionLimit(), resources);
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or Microsoft.Data.Sqlite.SqliteException)
        {
            throw new StoreException(StoreError.Unusable, DatabaseBackup.Refusal(path, "corrupted", $"is corrupted ({e.Message})"), e);
        }
    }

    private static void Check(StoredObject current, string? uid, long? version)
    {
        if (uid is not null && uid != current.Uid)
        {
            throw new StoreException(StoreError.Conflict, $"the UID in the precondition ({uid}) does not match the UID in record ({current.Uid}). The object might have been deleted and then recreated");
        }

        if (version is not null && version != current.ResourceVersion)
        {
            throw new StoreException(StoreError.Conflict, "the object has been modified; please apply your changes to the latest version and try again");
        }
    }

    private Task<StoredObject?> Submit(ObjectKey key, Durability durability, bool mayUseReserve, Func<StoredObject?, long, WatchEvent?> apply, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();

        // Once queued a write is not taken back: the caller's token only ends its wait.
        return _writer.Enqueue(new Operation(key, durability, mayUseReserve, apply)).WaitAsync(ct);
    }
}
