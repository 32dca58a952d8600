using System.Text.Json.Serialization;
using Insula.Api.Json;
using Insula.Api.Meta;

namespace Insula.Api.Core;

/// <summary>Something that happened to an object (core/v1 Event).</summary>
public sealed record Event
{
    /// <summary>Always "Event".</summary>
    public string Kind { get; init => field = value ?? "Event"; } = "Event";

    /// <summary>Always "v1".</summary>
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The object it is about.</summary>
    public ObjectReference InvolvedObject { get; init => field = value ?? new(); } = new();

    /// <summary>One CamelCase word, e.g. Started.</summary>
    public string? Reason { get; init; }

    /// <summary>Text for people.</summary>
    public string? Message { get; init; }

    /// <summary>Who reports.</summary>
    public EventSource Source { get; init => field = value ?? new(); } = new();

    /// <summary>When it happened first.</summary>
    public DateTimeOffset? FirstTimestamp { get; init; }

    /// <summary>When it happened last.</summary>
    public DateTimeOffset? LastTimestamp { get; init; }

    /// <summary>How often it happened.</summary>
    public int? Count { get; init; }

    /// <summary>Normal or Warning; see EventTypes.</summary>
    public string? Type { get; init; }

    /// <summary>When it happened, to the microsecond.</summary>
    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? EventTime { get; init; }

    /// <summary>Data about repeats.</summary>
    public EventSeries? Series { get; init; }

    /// <summary>What was done.</summary>
    public string? Action { get; init; }

    /// <summary>A second object.</summary>
    public ObjectReference? Related { get; init; }

    /// <summary>Name of the reporting controller.</summary>
    public string? ReportingComponent { get; init; }

    /// <summary>Its instance.</summary>
    public string? ReportingInstance { get; init; }
}
