using Insula.Api.Meta;

namespace Insula.Api.Core;

/// <summary>A list of events (core/v1 EventList).</summary>
public sealed record EventList
{
    /// <summary>Always "EventList".</summary>
    public string Kind { get; init => field = value ?? "EventList"; } = "EventList";

    /// <summary>Always "v1".</summary>
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    /// <summary>Version and paging.</summary>
    public ListMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The events.</summary>
    public IReadOnlyList<Event> Items { get; init => field = value ?? []; } = [];
}
