using System.Text.Json.Nodes;
using Insula.Store;

namespace Insulad.Hosting;

/// <summary>Which objects there are, and which belong to which: an index of <c>metadata.ownerReferences</c>. Not thread-safe.</summary>
internal sealed class OwnedObjects
{
    private static readonly IReadOnlySet<ObjectKey> s_none = new HashSet<ObjectKey>();

    private readonly Dictionary<string, ObjectKey> _living = [];
    private readonly Dictionary<ObjectKey, (string Uid, IReadOnlyList<string> Owners)> _known = [];
    private readonly Dictionary<string, HashSet<ObjectKey>> _dependents = [];

    /// <summary>Everything that has owners.</summary>
    public IEnumerable<ObjectKey> Owned => _known.Where(k => k.Value.Owners.Count > 0).Select(k => k.Key);

    /// <summary>The uids that an object names as its owners.</summary>
    public static IReadOnlyList<string> OwnersOf(JsonObject document) =>
        document["metadata"]?["ownerReferences"] is JsonArray owners ? [.. owners.Select(o => o?["uid"]?.ToString()).OfType<string>()] : [];

    /// <summary>Whether an object with this uid exists.</summary>
    public bool IsLiving(string uid) => _living.ContainsKey(uid);

    /// <summary>The object with a uid; null when it does not exist.</summary>
    public ObjectKey? Find(string uid) => _living.TryGetValue(uid, out var key) ? key : null;

    /// <summary>The objects that name this uid as an owner.</summary>
    public IReadOnlySet<ObjectKey> DependentsOf(string uid) => _dependents.GetValueOrDefault(uid) ?? s_none;

    /// <summary>The uids that an object was last heard to name as its owners.</summary>
    public IReadOnlyList<string> OwnersOf(ObjectKey key) => _known.TryGetValue(key, out var known) ? known.Owners : [];

    /// <summary>Takes in an object as it is now, or its end; answers with the owners it had before.</summary>
    public IReadOnlyList<string> Update(ObjectKey key, StoredObject? now)
    {
        IReadOnlyList<string> before = [];
        if (_known.Remove(key, out var old))
        {
            before = old.Owners;
            _living.Remove(old.Uid);
            foreach (var owner in old.Owners)
            {
                if (_dependents.TryGetValue(owner, out var keys) && keys.Remove(key) && keys.Count == 0)
                {
                    _dependents.Remove(owner);
                }
            }
        }

        if (now is not null)
        {
            // Most objects have none, and are not read for it.
            IReadOnlyList<string> owners = now.Json.Span.IndexOf("\"ownerReferences\""u8) < 0 ? [] : OwnersOf(now.ToDocument());
            _known[key] = (now.Uid, owners);
            _living[now.Uid] = key;
            foreach (var owner in owners)
            {
                if (!_dependents.TryGetValue(owner, out var keys))
                {
                    _dependents[owner] = keys = [];
                }

                keys.Add(key);
            }
        }

        return before;
    }
}
