using System.Text.Json.Serialization;
using Insula.Api.Json;

namespace Insula.Api.Core;

/// <summary>Repeats of an event (core/v1 EventSeries).</summary>
public sealed record EventSeries
{
    /// <summary>How often.</summary>
    public int? Count { get; init; }

    /// <summary>When last.</summary>
    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? LastObservedTime { get; init; }
}
