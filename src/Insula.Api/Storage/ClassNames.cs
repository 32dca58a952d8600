namespace Insula.Api.Storage;

/// <summary>Which class claims and volumes are of.</summary>
public static class ClassNames
{
    /// <summary>A claim's; "" for none, null when it names none and waits for the default one.</summary>
    public static string? Of(PersistentVolumeClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return claim.Metadata.Annotations.TryGetValue(StorageWords.BetaClass, out var beta) ? beta : claim.Spec.StorageClassName;
    }

    /// <summary>A volume's; "" for none.</summary>
    public static string Of(PersistentVolume volume)
    {
        ArgumentNullException.ThrowIfNull(volume);
        return volume.Metadata.Annotations.TryGetValue(StorageWords.BetaClass, out var beta) ? beta : volume.Spec.StorageClassName ?? "";
    }

    /// <summary>Whether it is a class of claims that name none.</summary>
    public static bool IsDefault(StorageClass storage)
    {
        ArgumentNullException.ThrowIfNull(storage);
        return storage.Metadata.Annotations.GetValueOrDefault(StorageWords.DefaultClass) == "true";
    }
}
