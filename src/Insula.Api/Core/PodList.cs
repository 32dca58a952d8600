using Insula.Api.Meta;

namespace Insula.Api.Core;

/// <summary>A list of pods (core/v1 PodList).</summary>
public sealed record PodList
{
    /// <summary>Always "PodList".</summary>
    public string Kind { get; init => field = value ?? "PodList"; } = "PodList";

    /// <summary>Always "v1".</summary>
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    /// <summary>Version and paging.</summary>
    public ListMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The pods.</summary>
    public IReadOnlyList<Pod> Items { get; init => field = value ?? []; } = [];
}
