namespace Insula.Store;

/// <summary>What happened to an object.</summary>
public enum WatchEventType
{
    /// <summary>It was created.</summary>
    Added,

    /// <summary>It was changed.</summary>
    Modified,

    /// <summary>It was removed; the event carries its last state.</summary>
    Deleted,

    /// <summary>Nothing; everything up to the event's resource version has been delivered.</summary>
    Bookmark,
}
