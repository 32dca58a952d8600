using Insula.Api.Meta;

namespace Insula.Api.Core;

/// <summary>A list of ConfigMaps (core/v1 ConfigMapList).</summary>
public sealed record ConfigMapList
{
    /// <summary>Always "ConfigMapList".</summary>
    public string Kind { get; init => field = value ?? "ConfigMapList"; } = "ConfigMapList";

    /// <summary>Always "v1".</summary>
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    /// <summary>Version and paging.</summary>
    public ListMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The objects.</summary>
    public IReadOnlyList<ConfigMap> Items { get; init => field = value ?? []; } = [];
}
