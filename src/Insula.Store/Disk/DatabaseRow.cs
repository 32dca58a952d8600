namespace Insula.Store.Disk;

/// <summary>An object as the database holds it; a null document removes the row.</summary>
internal readonly record struct DatabaseRow(ObjectKey Key, string Uid, long Version, ReadOnlyMemory<byte>? Document);
