using Insula.Api.Meta;

namespace Insula.Claims;

/// <summary>An object as it was seen.</summary>
/// <param name="Resource">Where it is.</param>
/// <param name="Metadata">Its metadata.</param>
public sealed record ObjectSeen(string Resource, ObjectMeta Metadata)
{
    /// <summary>A claim.</summary>
    public const string Claims = "persistentvolumeclaims";

    /// <summary>A volume.</summary>
    public const string Volumes = "persistentvolumes";

    /// <summary>A class.</summary>
    public const string Classes = "storageclasses.storage.k8s.io";
}
