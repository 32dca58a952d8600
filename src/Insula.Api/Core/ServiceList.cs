using Insula.Api.Meta;

namespace Insula.Api.Core;

/// <summary>A list of Services (core/v1 ServiceList).</summary>
public sealed record ServiceList
{
    /// <summary>Always "ServiceList".</summary>
    public string Kind { get; init => field = value ?? "ServiceList"; } = "ServiceList";

    /// <summary>Always "v1".</summary>
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    /// <summary>Version and paging.</summary>
    public ListMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The objects.</summary>
    public IReadOnlyList<Service> Items { get; init => field = value ?? []; } = [];
}
