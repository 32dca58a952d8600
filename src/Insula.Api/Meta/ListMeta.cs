namespace Insula.Api.Meta;

/// <summary>Metadata of a list (meta/v1 ListMeta).</summary>
public sealed record ListMeta
{
    /// <summary>Version of the store the list shows; a watch may start from it.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>Token for the next page.</summary>
    public string? Continue { get; init; }

    /// <summary>How many objects follow, where known.</summary>
    public long? RemainingItemCount { get; init; }

    /// <summary>Deprecated in Kubernetes and never set.</summary>
    public string? SelfLink { get; init; }
}
