using System.Text.Json.Nodes;
using Insula.Api.Storage;
using Insula.Api.Values;

namespace Insula.Api.Printing;

/// <summary>The cells of claims, volumes and classes, as kubectl shows them: those between name and age.</summary>
internal static class StorageCells
{
    private const string Unset = "<unset>";

    public static JsonNode?[] Of(PersistentVolumeClaim claim)
    {
        // As kubectl: what a claim has is said of one that has a volume alone.
        var has = !string.IsNullOrEmpty(claim.Spec.VolumeName);
        return
        [
            claim.Metadata.DeletionTimestamp is not null ? "Terminating" : claim.Status.Phase ?? ClaimPhases.Pending,
            claim.Spec.VolumeName ?? "",
            has ? Size(claim.Status.Capacity) : "",
            has ? Modes(claim.Status.AccessModes) : "",
            ClassNames.Of(claim) ?? "",
            Unset,
        ];
    }

    public static JsonNode?[] Of(PersistentVolume volume) =>
    [
        Size(volume.Spec.Capacity),
        Modes(volume.Spec.AccessModes),
        volume.Spec.PersistentVolumeReclaimPolicy ?? "",
        volume.Metadata.DeletionTimestamp is not null ? "Terminating" : volume.Status.Phase ?? VolumePhases.Pending,
        volume.Spec.ClaimRef is { } claim ? $"{claim.Namespace}/{claim.Name}" : "",
        ClassNames.Of(volume),
        Unset,
        volume.Status.Reason ?? "",
    ];

    public static JsonNode?[] Of(StorageClass storage) =>
        [storage.Provisioner, storage.ReclaimPolicy ?? ReclaimPolicies.Delete, storage.VolumeBindingMode ?? BindingModes.Immediate, storage.AllowVolumeExpansion == true ? "true" : "false"];

    public static string Name(StorageClass storage) => ClassNames.IsDefault(storage) ? storage.Metadata.Name + " (default)" : storage.Metadata.Name;

    private static string Size(IReadOnlyDictionary<string, Quantity> sizes) => sizes.TryGetValue(StorageWords.Storage, out var size) ? size.ToString() : "";

    private static string Modes(IReadOnlyList<string> modes) => string.Join(',', modes.Distinct().Select(mode => mode switch
    {
        AccessModes.ReadWriteOnce => "RWO",
        AccessModes.ReadOnlyMany => "ROX",
        AccessModes.ReadWriteMany => "RWX",
        AccessModes.ReadWriteOncePod => "RWOP",
        _ => mode,
    }));
}
