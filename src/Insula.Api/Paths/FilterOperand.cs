using System.Text.Json.Nodes;

namespace Insula.Api.Paths;

/// <summary>One side of a filter's condition: a path from the item or the root, or a literal.</summary>
internal sealed record FilterOperand(IReadOnlyList<PathStep>? Path, bool FromRoot, JsonNode? Literal);
