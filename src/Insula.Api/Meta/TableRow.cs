using System.Text.Json.Nodes;

namespace Insula.Api.Meta;

/// <summary>One row of a Table (meta/v1).</summary>
public sealed record TableRow
{
    /// <summary>A value per column: string, number or null.</summary>
    public IReadOnlyList<JsonNode?> Cells { get; init => field = value ?? []; } = [];

    /// <summary>The object of the row, as far as the request asked for it (includeObject).</summary>
    public JsonObject? Object { get; init; }
}
