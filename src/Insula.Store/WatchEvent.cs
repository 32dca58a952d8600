namespace Insula.Store;

/// <summary>One change, in the order of resource versions.</summary>
/// <param name="Type">What happened.</param>
/// <param name="ResourceVersion">The version of the change; for a deletion that of the deletion itself.</param>
/// <param name="Object">The object after the change (its last state when deleted); null for a bookmark.</param>
/// <param name="Previous">The version before; null when added and for a bookmark.</param>
public sealed record WatchEvent(WatchEventType Type, long ResourceVersion, StoredObject? Object, StoredObject? Previous);
