using Insula.Api.Meta;

namespace Insula.Api.Core;

/// <summary>A list of EndpointSlices (discovery.k8s.io/v1 EndpointSliceList).</summary>
public sealed record EndpointSliceList
{
    /// <summary>Always "EndpointSliceList".</summary>
    public string Kind { get; init => field = value ?? "EndpointSliceList"; } = "EndpointSliceList";

    /// <summary>Always "discovery.k8s.io/v1".</summary>
    public string ApiVersion { get; init => field = value ?? "discovery.k8s.io/v1"; } = "discovery.k8s.io/v1";

    /// <summary>Version and paging.</summary>
    public ListMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The objects.</summary>
    public IReadOnlyList<EndpointSlice> Items { get; init => field = value ?? []; } = [];
}
