using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Storage;
using Insula.Claims;
using Insula.Store;

namespace Insulad.Storage;

/// <summary>Claims, volumes, classes, and the claims that pods want, as last heard of. Not thread-safe.</summary>
internal sealed class StorageIndex
{
    private const string Pods = "pods";

    private readonly Dictionary<ObjectKey, (StoredObject Stored, PersistentVolumeClaim Value)> _claims = [];
    private readonly Dictionary<ObjectKey, (StoredObject Stored, PersistentVolume Value)> _volumes = [];
    private readonly Dictionary<ObjectKey, (StoredObject Stored, StorageClass Value)> _classes = [];
    private readonly Dictionary<ObjectKey, IReadOnlyList<string>> _wants = [];
    private readonly Dictionary<ObjectKey, IReadOnlyList<EphemeralClaim>> _ephemeral = [];

    /// <summary>The resources of interest.</summary>
    public static IReadOnlyList<string> Resources { get; } = [ObjectSeen.Claims, ObjectSeen.Volumes, ObjectSeen.Classes, Pods];

    public IReadOnlyList<PersistentVolumeClaim> Claims => [.. _claims.Values.Select(c => c.Value)];

    public IReadOnlyList<PersistentVolume> Volumes => [.. _volumes.Values.Select(v => v.Value)];

    public IReadOnlyList<StorageClass> Classes => [.. _classes.Values.Select(c => c.Value)];

    /// <summary>The claims that pods want which have not ended.</summary>
    public IReadOnlySet<(string Namespace, string Claim)> Wanted => _wants.SelectMany(p => p.Value.Select(claim => (p.Key.Namespace, claim))).ToHashSet();

    /// <summary>The claims that are to be made for pods.</summary>
    public IReadOnlyList<EphemeralClaim> Ephemeral => [.. _ephemeral.Values.SelectMany(e => e)];

    /// <summary>The claims that a pod wants; none when it has ended.</summary>
    public static IReadOnlyList<string> WantsOf(StoredObject pod) => Read(pod) is { } value ? [.. PodClaims.NamesOf(value)] : [];

    // Most pods want none, and are not read for it.
    private static Pod? Read(StoredObject pod) =>
        (pod.Json.Span.IndexOf("\"persistentVolumeClaim\""u8) >= 0 || pod.Json.Span.IndexOf("\"ephemeral\""u8) >= 0)
        && ApiJson.Read<Pod>(pod.Json.Span) is { Status.Phase: not (PodPhases.Succeeded or PodPhases.Failed) } value ? value : null;

    /// <summary>Takes in an object as it is now, or its end; whether that may change what is decided.</summary>
    public bool Update(ObjectKey key, StoredObject? now) => key.Resource switch
    {
        ObjectSeen.Claims => Update(_claims, key, now),
        ObjectSeen.Volumes => Update(_volumes, key, now),
        ObjectSeen.Classes => Update(_classes, key, now),
        Pods => UpdatePod(key, now),
        _ => false,
    };

    /// <summary>The stored version of an object that was seen; null when it is gone.</summary>
    public StoredObject? Find(ObjectSeen seen)
    {
        var key = KeyOf(seen);
        var found = seen.Resource switch
        {
            ObjectSeen.Claims => _claims.GetValueOrDefault(key).Stored,
            ObjectSeen.Volumes => _volumes.GetValueOrDefault(key).Stored,
            _ => _classes.GetValueOrDefault(key).Stored,
        };
        return found?.Uid == seen.Metadata.Uid ? found : null;
    }

    public static ObjectKey KeyOf(ObjectSeen seen) => new(seen.Resource, seen.Metadata.Namespace ?? "", seen.Metadata.Name);

    private static bool Update<T>(Dictionary<ObjectKey, (StoredObject Stored, T Value)> known, ObjectKey key, StoredObject? now)
        where T : class
    {
        var before = known.GetValueOrDefault(key).Stored;
        if (before?.Uid == now?.Uid && before?.ResourceVersion == now?.ResourceVersion)
        {
            return false;
        }

        if (now is null)
        {
            known.Remove(key);
        }
        else
        {
            known[key] = (now, ApiJson.Read<T>(now.Json.Span));
        }

        return true;
    }

    private bool UpdatePod(ObjectKey key, StoredObject? now)
    {
        var before = _wants.GetValueOrDefault(key, []);
        var after = now is null ? [] : WantsOf(now);
        if (after.Count == 0)
        {
            _wants.Remove(key);
        }
        else
        {
            _wants[key] = after;
        }

        var made = now is null || after.Count == 0 ? [] : EphemeralOf(now);
        var changed = !before.SequenceEqual(after) || made.Count != _ephemeral.GetValueOrDefault(key, []).Count || (made.Count > 0 && made[0].Uid != _ephemeral[key][0].Uid);
        if (made.Count == 0)
        {
            _ephemeral.Remove(key);
        }
        else
        {
            _ephemeral[key] = made;
        }

        return changed;
    }

    private static IReadOnlyList<EphemeralClaim> EphemeralOf(StoredObject pod) =>
        Read(pod) is { Metadata.DeletionTimestamp: null } value
            ? [.. value.Spec.Volumes.Where(v => v.Ephemeral?.VolumeClaimTemplate is not null)
                .Select(v => new EphemeralClaim(pod.Key.Namespace, pod.Key.Name, pod.Uid, PodClaims.NameOf(pod.Key.Name, v)!, v.Ephemeral!.VolumeClaimTemplate!))]
            : [];
}
