using System.Collections.Immutable;

namespace Insula.Store.Watching;

/// <summary>All objects at one resource version.</summary>
internal sealed record Snapshot(long Version, ImmutableDictionary<string, ImmutableSortedDictionary<ObjectName, StoredObject>> Resources)
{
    public StoredObject? Get(ObjectKey key) =>
        Resources.TryGetValue(key.Resource, out var objects) ? objects.GetValueOrDefault(new ObjectName(key.Namespace, key.Name)) : null;

    public ListResult List(string resource, string? ns)
    {
        if (!Resources.TryGetValue(resource, out var objects))
        {
            return new ListResult([], Version);
        }

        var items = ns is null ? objects.Values.ToArray() : objects.Values.Where(o => o.Key.Namespace == ns).ToArray();
        return new ListResult(items, Version);
    }

    /// <summary>The state after some changes.</summary>
    public Snapshot With(IReadOnlyList<WatchEvent> changes)
    {
        var resources = Resources;
        foreach (var change in changes)
        {
            var key = change.Object!.Key;
            var name = new ObjectName(key.Namespace, key.Name);
            var objects = resources.GetValueOrDefault(key.Resource, ImmutableSortedDictionary<ObjectName, StoredObject>.Empty);
            objects = change.Type == WatchEventType.Deleted ? objects.Remove(name) : objects.SetItem(name, change.Object);
            resources = objects.IsEmpty ? resources.Remove(key.Resource) : resources.SetItem(key.Resource, objects);
        }

        return new Snapshot(changes.Count == 0 ? Version : changes[^1].ResourceVersion, resources);
    }
}
