using Insula.Store.Disk;
using Insula.Store.Watching;

namespace Insula.Store.Writing;

/// <summary>
/// The one thread that writes. It takes everything that is waiting as one batch and commits it at once (group commit):
/// under load many callers share one sync. What is visible is always what was committed, so the daemon's death takes back
/// nothing that anybody saw; the sync comes after, and whoever was promised one waits for it
/// (docs/decisions/046-seen-before-it-is-synced.md). Only where a coalescing delay is set, or the disk refuses, are
/// coalesced writes visible first.
/// </summary>
internal sealed class StoreWriter : IDisposable
{
    /// <summary>Versions promised to the disk ahead of use: after a crash counting goes on above them.</summary>
    private const long VersionBlock = 10_000;

    private const int MaxBatch = 512;

    private readonly object _queueLock = new();
    private readonly Queue<Operation> _queue = new();
    private readonly Database _database;
    private readonly DiskReserve _reserve;
    private readonly WatchHub _hub;
    private readonly ITimer _flushTimer;
    private readonly TimeSpan _coalesceDelay;
    private readonly Thread _thread;
    private readonly Dictionary<ObjectKey, StoredObject?> _unwritten = [];
    private readonly Action<string> _report;
    private long _versionLimit;
    private bool _flushDue;
    private bool _closing;

    public StoreWriter(Database database, DiskReserve reserve, WatchHub hub, TimeProvider time, TimeSpan coalesceDelay, Action<string> report)
    {
        _database = database;
        _reserve = reserve;
        _hub = hub;
        _coalesceDelay = coalesceDelay;
        _report = report;
        _versionLimit = hub.Snapshot.Version + VersionBlock;
        database.Commit([], _versionLimit);
        database.Sync();
        EnsureReserve();
        _flushTimer = time.CreateTimer(_ => RequestFlush(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _thread = new Thread(Run, 1 << 20) { IsBackground = true, Name = "store" };
        _thread.Start();
    }

    public Task<StoredObject?> Enqueue(Operation operation)
    {
        lock (_queueLock)
        {
            if (_closing)
            {
                throw new StoreException(StoreError.Closed, "the store is closing");
            }

            _queue.Enqueue(operation);
            Monitor.Pulse(_queueLock);
        }

        return operation.Completion;
    }

    /// <summary>Writes what is waiting, and the exact version so that watches can go on after a restart, and ends.</summary>
    public void Dispose()
    {
        lock (_queueLock)
        {
            _closing = true;
            Monitor.Pulse(_queueLock);
        }

        _thread.Join();
        _flushTimer.Dispose();
    }

    private void RequestFlush()
    {
        lock (_queueLock)
        {
            _flushDue = true;
            Monitor.Pulse(_queueLock);
        }
    }

    private void Run()
    {
        var batch = new List<Operation>();
        while (Take(batch, out var flush))
        {
            if (batch.Count > 0)
            {
                Process(batch);
            }

            if (flush && _unwritten.Count > 0)
            {
                Flush(null);
            }
        }

        if (Flush(_hub.Snapshot.Version) && !_database.TryCheckpoint())
        {
            Sync();
        }
    }

    private bool Take(List<Operation> batch, out bool flush)
    {
        batch.Clear();
        lock (_queueLock)
        {
            while (_queue.Count == 0 && !_flushDue && !_closing)
            {
                Monitor.Wait(_queueLock);
            }

            flush = _flushDue;
            _flushDue = false;
            while (batch.Count < MaxBatch && _queue.TryDequeue(out var operation))
            {
                batch.Add(operation);
            }

            return batch.Count > 0 || !_closing;
        }
    }

    private void Process(List<Operation> batch)
    {
        var staged = Stage(batch);
        if (!staged.MustCommit(_versionLimit - (VersionBlock / 2)))
        {
            if (_coalesceDelay == TimeSpan.Zero && staged.Changes.Count > 0 && Commit(staged) is { } later)
            {
                _report($"statuses are not on disk yet: {later.Message}");
            }
        }
        else if (Commit(staged) is { } refusal)
        {
            // The batch goes through in part: what frees room with the help of the reserve, and what needs no disk now.
            var reserved = batch.Exists(o => o.MayUseReserve);
            if (reserved)
            {
                // The room of the reserve lets the log be moved into the database, which empties the log.
                _reserve.Release();
                _database.TryCheckpoint();
            }

            staged = Retry(batch, refusal, o => o.Durability == Durability.Coalesced || (reserved && o.MayUseReserve));
            if (staged.MustCommit(_versionLimit) && Commit(staged) is { } again)
            {
                staged = Retry(staged.Operations, again, o => o.Durability == Durability.Coalesced);
            }
        }

        Publish(staged);
        if (staged.MustSync)
        {
            var doubt = Sync();
            foreach (var operation in staged.Operations.Where(o => o.Durability == Durability.Full))
            {
                operation.Answer(doubt);
            }
        }

        EnsureReserve();
    }

    private StagedBatch Retry(List<Operation> batch, StoreException refusal, Predicate<Operation> keep)
    {
        foreach (var refused in batch.Where(o => !keep(o) && !o.Completion.IsCompleted))
        {
            refused.Fail(refusal);
        }

        return Stage(batch.Where(o => keep(o) && !o.Completion.IsCompleted).ToList());
    }

    private StagedBatch Stage(List<Operation> batch)
    {
        var snapshot = _hub.Snapshot;
        var staged = new StagedBatch(snapshot);
        foreach (var operation in batch)
        {
            staged.Add(operation);
        }

        return staged;
    }

    /// <summary>Writes a batch together with everything coalesced. Null on success.</summary>
    private StoreException? Commit(StagedBatch staged)
    {
        var rows = new Dictionary<ObjectKey, StoredObject?>(_unwritten);
        foreach (var change in staged.Changes)
        {
            rows[change.Object!.Key] = change.Type == WatchEventType.Deleted ? null : change.Object;
        }

        long? limit = staged.Version > _versionLimit - (VersionBlock / 2) ? staged.Version + VersionBlock : null;
        try
        {
            _database.Commit(rows.Select(r => ToRow(r.Key, r.Value)), limit);
        }
        catch (StoreException e)
        {
            return e;
        }

        Failpoint.Hit("store.batch.committed");
        _versionLimit = limit ?? _versionLimit;
        _unwritten.Clear();
        staged.Written = true;
        staged.MustSync = staged.IsDurable || limit is not null;
        return null;
    }

    private void Publish(StagedBatch staged)
    {
        if (!staged.Written)
        {
            foreach (var change in staged.Changes)
            {
                _unwritten[change.Object!.Key] = change.Type == WatchEventType.Deleted ? null : change.Object;
            }

            if (staged.Changes.Count > 0)
            {
                _flushTimer.Change(_coalesceDelay, Timeout.InfiniteTimeSpan);
            }
        }

        _hub.Publish(_hub.Snapshot.With(staged.Changes), staged.Changes);
        Failpoint.Hit("store.batch.published");
        foreach (var operation in staged.Operations.Where(o => !staged.MustSync || o.Durability != Durability.Full))
        {
            operation.Answer(null);
        }
    }

    /// <summary>Has the disk confirm what was written. Null on success.</summary>
    private StoreException? Sync()
    {
        try
        {
            _database.Sync();
            return null;
        }
        catch (StoreException e)
        {
            _report(e.Message);
            return e;
        }
    }

    private bool Flush(long? versionLimit)
    {
        try
        {
            _database.Commit(_unwritten.Select(r => ToRow(r.Key, r.Value)), versionLimit);
            _unwritten.Clear();
            return true;
        }
        catch (StoreException e)
        {
            // The newest versions stay in memory and go with the next commit that works.
            _report($"statuses are not on disk yet: {e.Message}");
            _flushTimer.Change(TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
            return false;
        }
    }

    private void EnsureReserve()
    {
        if (_reserve.Ensure() is { } failure)
        {
            _report($"no room for the disk reserve that deletions use on a full disk: {failure}");
        }
    }

    private static DatabaseRow ToRow(ObjectKey key, StoredObject? value) =>
        value is null ? new DatabaseRow(key, "", 0, null) : new DatabaseRow(key, value.Uid, value.ResourceVersion, value.Json);
}
