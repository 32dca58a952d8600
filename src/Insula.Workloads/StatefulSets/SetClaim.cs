using Insula.Api.Meta;
using Insula.Api.Storage;

namespace Insula.Workloads.StatefulSets;

/// <summary>What a StatefulSet's controller knows of a claim.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Its uid.</param>
/// <param name="Version">Its version.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Owners">Its owners.</param>
/// <param name="IsDeleted">Whether it is being deleted.</param>
public sealed record SetClaim(string Name, string Uid, string Version, IReadOnlyDictionary<string, string> Labels, IReadOnlyList<OwnerReference> Owners, bool IsDeleted)
{
    /// <summary>What a claim's object says.</summary>
    public static SetClaim Of(PersistentVolumeClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        var metadata = claim.Metadata;
        return new(metadata.Name, metadata.Uid ?? "", metadata.ResourceVersion ?? "", metadata.Labels, metadata.OwnerReferences, metadata.DeletionTimestamp is not null);
    }
}
