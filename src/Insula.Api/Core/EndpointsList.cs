using Insula.Api.Meta;

namespace Insula.Api.Core;

/// <summary>A list of Endpoints (core/v1 EndpointsList).</summary>
public sealed record EndpointsList
{
    /// <summary>Always "EndpointsList".</summary>
    public string Kind { get; init => field = value ?? "EndpointsList"; } = "EndpointsList";

    /// <summary>Always "v1".</summary>
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    /// <summary>Version and paging.</summary>
    public ListMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The objects.</summary>
    public IReadOnlyList<Endpoints> Items { get; init => field = value ?? []; } = [];
}
