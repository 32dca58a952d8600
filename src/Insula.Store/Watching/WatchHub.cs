using System.Threading.Channels;

namespace Insula.Store.Watching;

/// <summary>
/// The newest snapshot, the recent history and the watchers. Snapshot and history move together under one lock, so
/// that a watch begun at a list's version misses nothing.
/// </summary>
internal sealed class WatchHub
{
    private readonly Lock _lock = new();
    private readonly Queue<WatchEvent> _history = new();
    private readonly HashSet<ObjectWatch> _watchers = [];
    private readonly StoreOptions _options;
    private long _historyBytes;
    private long _oldest;
    private bool _closed;
    private volatile Snapshot _snapshot;

    public WatchHub(StoreOptions options, Snapshot snapshot)
    {
        _options = options;
        _snapshot = snapshot;
        _oldest = snapshot.Version;
    }

    public Snapshot Snapshot => _snapshot;

    public void Publish(Snapshot next, IReadOnlyList<WatchEvent> changes)
    {
        lock (_lock)
        {
            _snapshot = next;
            foreach (var change in changes)
            {
                Remember(change);
                List<ObjectWatch>? slow = null;
                foreach (var watcher in _watchers)
                {
                    if (watcher.Concerns(change) && !watcher.Channel.Writer.TryWrite(change))
                    {
                        (slow ??= []).Add(watcher);
                    }
                }

                slow?.ForEach(Drop);
            }
        }
    }

    public ObjectWatch Watch(string subject, Func<WatchEvent, bool> concerns, long? since)
    {
        lock (_lock)
        {
            if (_closed)
            {
                throw new StoreException(StoreError.Closed, "the store is closing");
            }

            if (since < _oldest)
            {
                throw new StoreException(StoreError.Gone, $"too old resource version: {since} ({_oldest})");
            }

            if (since > _snapshot.Version)
            {
                throw new StoreException(StoreError.FutureVersion, $"Too large resource version: {since}, current: {_snapshot.Version}");
            }

            var past = since is null ? [] : _history.Where(e => e.ResourceVersion > since && concerns(e)).ToArray();
            var channel = Channel.CreateBounded<WatchEvent>(new BoundedChannelOptions(past.Length + _options.WatcherLag) { SingleReader = true });
            foreach (var change in past)
            {
                channel.Writer.TryWrite(change);
            }

            var watch = new ObjectWatch(subject, concerns, channel, Unsubscribe, Bookmark);
            _watchers.Add(watch);
            return watch;
        }
    }

    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            foreach (var watcher in _watchers)
            {
                watcher.Channel.Writer.TryComplete();
            }

            _watchers.Clear();
        }
    }

    private void Remember(WatchEvent change)
    {
        _history.Enqueue(change);
        _historyBytes += change.Object!.Json.Length;
        while (_history.Count > _options.HistoryEvents || _historyBytes > _options.HistoryBytes)
        {
            var forgotten = _history.Dequeue();
            _historyBytes -= forgotten.Object!.Json.Length;
            _oldest = forgotten.ResourceVersion;
        }
    }

    private void Bookmark(ObjectWatch watch)
    {
        lock (_lock)
        {
            if (_watchers.Contains(watch) && !watch.Channel.Writer.TryWrite(new WatchEvent(WatchEventType.Bookmark, _snapshot.Version, null, null)))
            {
                Drop(watch);
            }
        }
    }

    private void Drop(ObjectWatch watch)
    {
        _watchers.Remove(watch);
        watch.Channel.Writer.TryComplete(new StoreException(
            StoreError.SlowWatcher, $"the watch of {watch.Subject} was more than {_options.WatcherLag} events behind"));
    }

    private void Unsubscribe(ObjectWatch watch)
    {
        lock (_lock)
        {
            _watchers.Remove(watch);
            watch.Channel.Writer.TryComplete();
        }
    }
}
