namespace Insula.Api.Core;

/// <summary>What a namespace should be (core/v1 NamespaceSpec).</summary>
public sealed record NamespaceSpec
{
    /// <summary>Names that keep a deleted namespace until each has been removed.</summary>
    public IReadOnlyList<string> Finalizers { get; init => field = value ?? []; } = [];
}
