using Insula.Api.Meta;
using Insula.Api.Selectors;

namespace Insula.Workloads.Pods;

/// <summary>Who makes pods from a template and adopts those that fit.</summary>
/// <param name="ApiVersion">Its API version.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Metadata">Its metadata.</param>
/// <param name="Selector">The labels of its pods.</param>
public sealed record PodOwner(string ApiVersion, string Kind, ObjectMeta Metadata, LabelSelector Selector)
{
    /// <summary>Whether it is being deleted: then it neither makes nor adopts.</summary>
    public bool IsDeleted => Metadata.DeletionTimestamp is not null;

    /// <summary>What its pods say of it.</summary>
    public OwnerReference Reference => new()
    {
        ApiVersion = ApiVersion,
        Kind = Kind,
        Name = Metadata.Name,
        Uid = Metadata.Uid ?? "",
        Controller = true,
        BlockOwnerDeletion = true,
    };
}
