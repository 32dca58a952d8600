namespace Insula.Store;

/// <summary>Why the store refused.</summary>
public enum StoreError
{
    /// <summary>There is no such object.</summary>
    NotFound,

    /// <summary>An object of that key exists.</summary>
    AlreadyExists,

    /// <summary>The object is another one (uid) or at another version than the caller expected.</summary>
    Conflict,

    /// <summary>A watch was asked to start before what the store remembers: list again.</summary>
    Gone,

    /// <summary>A version was named that has not been reached yet.</summary>
    FutureVersion,

    /// <summary>A watcher did not read its events in time and was dropped: list again.</summary>
    SlowWatcher,

    /// <summary>The disk refused the write; nothing was changed.</summary>
    Disk,

    /// <summary>The database cannot be used: newer than this program, or corrupted.</summary>
    Unusable,

    /// <summary>The store is closing.</summary>
    Closed,
}
