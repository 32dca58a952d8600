using System.Text.Json.Nodes;

namespace Insula.Cli.Client;

/// <summary>One object of a manifest.</summary>
/// <param name="Json">The object as it was written.</param>
/// <param name="Type">Its kind.</param>
/// <param name="Origin">Where it stands: file, line.</param>
internal sealed record ManifestDocument(JsonObject Json, ResourceType Type, string Origin);
