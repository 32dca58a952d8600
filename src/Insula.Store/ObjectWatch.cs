using System.Threading.Channels;

namespace Insula.Store;

/// <summary>
/// A running watch. The channel ends when the watch is disposed or the store closes; it ends with a
/// <see cref="StoreException"/> (<see cref="StoreError.SlowWatcher"/>) when the reader falls too far behind.
/// </summary>
public sealed class ObjectWatch : IDisposable
{
    /// <summary>Watches every resource.</summary>
    public const string AllResources = "*";

    private readonly Action<ObjectWatch> _unsubscribe;
    private readonly Action<ObjectWatch> _bookmark;

    internal ObjectWatch(string subject, Func<WatchEvent, bool> concerns, Channel<WatchEvent> channel, Action<ObjectWatch> unsubscribe, Action<ObjectWatch> bookmark)
    {
        Subject = subject;
        Concerns = concerns;
        Channel = channel;
        _unsubscribe = unsubscribe;
        _bookmark = bookmark;
    }

    /// <summary>The events, oldest first.</summary>
    public ChannelReader<WatchEvent> Events => Channel.Reader;

    /// <summary>What is watched, in words.</summary>
    internal string Subject { get; }

    /// <summary>Whether a change is watched.</summary>
    internal Func<WatchEvent, bool> Concerns { get; }

    internal Channel<WatchEvent> Channel { get; }

    /// <summary>Puts a bookmark behind everything delivered so far.</summary>
    public void RequestBookmark() => _bookmark(this);

    /// <summary>Ends the watch.</summary>
    public void Dispose() => _unsubscribe(this);
}
