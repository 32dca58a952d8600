namespace Insula.Store;

/// <summary>A consistent list: the objects as they were together at one resource version.</summary>
/// <param name="Items">Ordered by namespace, then name (ordinal).</param>
/// <param name="ResourceVersion">A watch from here misses nothing and repeats nothing.</param>
public sealed record ListResult(IReadOnlyList<StoredObject> Items, long ResourceVersion);
