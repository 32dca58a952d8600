using Insula.Api.Meta;

namespace Insula.Api.Core;

/// <summary>A list of namespaces (core/v1 NamespaceList).</summary>
public sealed record NamespaceList
{
    /// <summary>Always "NamespaceList".</summary>
    public string Kind { get; init => field = value ?? "NamespaceList"; } = "NamespaceList";

    /// <summary>Always "v1".</summary>
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    /// <summary>Version and paging.</summary>
    public ListMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The namespaces.</summary>
    public IReadOnlyList<Namespace> Items { get; init => field = value ?? []; } = [];
}
