using Insula.Api.Core;
using Insula.Api.Storage;
using Insula.Api.Values;

namespace Insula.Claims;

/// <summary>Which volumes would do for a claim.</summary>
public static class Matching
{
    /// <summary>The size a claim asks for.</summary>
    public static Quantity Wish(PersistentVolumeClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return claim.Spec.Resources.Requests.GetValueOrDefault(StorageWords.Storage);
    }

    /// <summary>The size a volume is said to have.</summary>
    public static Quantity Size(PersistentVolume volume)
    {
        ArgumentNullException.ThrowIfNull(volume);
        return volume.Spec.Capacity.GetValueOrDefault(StorageWords.Storage);
    }

    /// <summary>Whether a volume is a claim's, or is kept for it.</summary>
    public static bool IsKeptFor(PersistentVolume volume, PersistentVolumeClaim claim)
    {
        ArgumentNullException.ThrowIfNull(volume);
        ArgumentNullException.ThrowIfNull(claim);
        return volume.Spec.ClaimRef is { } reference && Names(reference, claim) && (string.IsNullOrEmpty(reference.Uid) || reference.Uid == claim.Metadata.Uid);
    }

    /// <summary>Why a volume would not do for a claim that asks for it by name; null when it would.</summary>
    public static string? Mismatch(PersistentVolume volume, PersistentVolumeClaim claim)
    {
        ArgumentNullException.ThrowIfNull(volume);
        ArgumentNullException.ThrowIfNull(claim);
        return Size(volume) < Wish(claim) ? "requested PV is too small"
            : ClassNames.Of(volume) != (ClassNames.Of(claim) ?? "") ? "storageClassName does not match"
            : (volume.Spec.VolumeMode ?? VolumeModes.Filesystem) != (claim.Spec.VolumeMode ?? VolumeModes.Filesystem) ? "incompatible volumeMode"
            : !HasModes(volume, claim) ? "incompatible accessMode"
            : null;
    }

    /// <summary>
    /// The volume for a claim that names none: one that is kept for it, else of those that nobody has, that have its class, its modes and its labels,
    /// the one with the fewest modes, and of these the smallest. Null when there is none.
    /// </summary>
    /// <param name="claim">The claim.</param>
    /// <param name="volumes">The volumes that may be given away.</param>
    /// <param name="onlyKept">Whether only those that are kept for it count, since it waits for a pod.</param>
    public static PersistentVolume? Find(PersistentVolumeClaim claim, IEnumerable<PersistentVolume> volumes, bool onlyKept)
    {
        ArgumentNullException.ThrowIfNull(claim);
        var selector = claim.Spec.Selector?.ToSelector();
        var large = volumes.Where(v => v.Metadata.DeletionTimestamp is null && Size(v) >= Wish(claim) && HasModes(v, claim)).ToList();
        return large.Find(v => IsKeptFor(v, claim))
            ?? (onlyKept ? null : large
                .Where(v => v.Spec.ClaimRef is null && v.Status.Phase == VolumePhases.Available && Mismatch(v, claim) is null && selector?.Matches(v.Metadata.Labels) != false)
                .OrderBy(v => v.Spec.AccessModes.Distinct().Count()).ThenBy(Size).ThenBy(v => v.Metadata.Name, StringComparer.Ordinal)
                .FirstOrDefault());
    }

    private static bool Names(ObjectReference reference, PersistentVolumeClaim claim) =>
        reference.Name == claim.Metadata.Name && reference.Namespace == claim.Metadata.Namespace;

    private static bool HasModes(PersistentVolume volume, PersistentVolumeClaim claim) => claim.Spec.AccessModes.All(volume.Spec.AccessModes.Contains);
}
