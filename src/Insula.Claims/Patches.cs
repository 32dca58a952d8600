using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Storage;
using Insula.Api.Values;

namespace Insula.Claims;

/// <summary>The changes of claims and volumes.</summary>
internal static class Patches
{
    private const string Yes = "yes";

    public static StorageChange.Edit Edit(PersistentVolumeClaim claim, JsonObject patch) => new(new ObjectSeen(ObjectSeen.Claims, claim.Metadata), patch);

    public static StorageChange.Edit Edit(PersistentVolume volume, JsonObject patch) => new(new ObjectSeen(ObjectSeen.Volumes, volume.Metadata), patch);

    public static JsonObject Finalizers(IReadOnlyList<string> now, string more) =>
        new() { ["metadata"] = new JsonObject { ["finalizers"] = new JsonArray([.. now.Append(more).Select(f => (JsonNode)f)]) } };

    /// <summary>A volume becomes a claim's.</summary>
    public static StorageChange.Edit Bind(PersistentVolume volume, PersistentVolumeClaim claim, DateTimeOffset now)
    {
        var patch = Phase(volume, VolumePhases.Bound, now);
        patch["spec"] = new JsonObject { ["claimRef"] = Reference(claim) };
        if (volume.Spec.ClaimRef is null)
        {
            patch["metadata"] = Annotations((StorageWords.BoundByController, Yes));
        }

        return Edit(volume, patch);
    }

    /// <summary>A claim has a volume.</summary>
    public static StorageChange.Edit Bind(PersistentVolumeClaim claim, PersistentVolume volume)
    {
        var patch = Bound(volume);
        patch["metadata"] = string.IsNullOrEmpty(claim.Spec.VolumeName)
            ? Annotations((StorageWords.BindCompleted, Yes), (StorageWords.BoundByController, Yes))
            : Annotations((StorageWords.BindCompleted, Yes));
        patch["spec"] = new JsonObject { ["volumeName"] = volume.Metadata.Name };
        return Edit(claim, patch);
    }

    /// <summary>The status of a claim that has a volume.</summary>
    public static JsonObject Bound(PersistentVolume volume) => new()
    {
        ["status"] = new JsonObject
        {
            ["phase"] = ClaimPhases.Bound,
            ["accessModes"] = new JsonArray([.. volume.Spec.AccessModes.Select(m => (JsonNode)m)]),
            ["capacity"] = Sizes(volume.Spec.Capacity),
        },
    };

    /// <summary>The status of a claim that has none.</summary>
    public static JsonObject Phase(string phase) => new() { ["status"] = new JsonObject { ["phase"] = phase, ["accessModes"] = null, ["capacity"] = null } };

    /// <summary>The phase of a volume.</summary>
    public static JsonObject Phase(PersistentVolume volume, string phase, DateTimeOffset now, string? message = null)
    {
        var status = new JsonObject { ["phase"] = phase, ["message"] = message };
        if (volume.Status.Phase != phase)
        {
            status["lastPhaseTransitionTime"] = TimeConverter.Format(now);
        }

        return new() { ["status"] = status };
    }

    public static JsonObject Sizes(IReadOnlyDictionary<string, Quantity> sizes) => new(sizes.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)s.Value.ToString())));

    public static JsonObject Reference(PersistentVolumeClaim claim) => ApiJson.ToJson(new ObjectReference
    {
        ApiVersion = "v1",
        Kind = "PersistentVolumeClaim",
        Namespace = claim.Metadata.Namespace,
        Name = claim.Metadata.Name,
        Uid = claim.Metadata.Uid,
        ResourceVersion = claim.Metadata.ResourceVersion,
    });

    private static JsonObject Annotations(params IEnumerable<(string Key, string Value)> annotations) =>
        new() { ["annotations"] = new JsonObject(annotations.Select(a => KeyValuePair.Create(a.Key, (JsonNode?)a.Value))) };
}
