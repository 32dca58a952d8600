using System.Text.Json.Serialization;

namespace Insula.Api.Meta;

/// <summary>The answer to a request that has no object to show, above all a failed one (meta/v1 Status).</summary>
public sealed record Status
{
    /// <summary>Always "Status".</summary>
    public string Kind { get; init => field = value ?? "Status"; } = "Status";

    /// <summary>Always "v1".</summary>
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    /// <summary>Always empty.</summary>
    public ListMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>Success or Failure; the JSON field is <c>status</c>.</summary>
    [JsonPropertyName("status")]
    public string Outcome { get; init => field = value ?? "Failure"; } = "Failure";

    /// <summary>What happened, for people.</summary>
    public string? Message { get; init; }

    /// <summary>One word: NotFound, AlreadyExists, Conflict, Invalid, … (see <see cref="StatusReasons"/>).</summary>
    public string? Reason { get; init; }

    /// <summary>More about the failure.</summary>
    public StatusDetails? Details { get; init; }

    /// <summary>The HTTP status code.</summary>
    public int? Code { get; init; }
}
