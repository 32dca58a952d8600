using System.Text.Json.Nodes;

namespace Insula.Api.Patches;

/// <summary>What applying a manifest to an object comes to.</summary>
/// <param name="Merged">The object as it should be.</param>
/// <param name="Changed">Whether that differs from what is: "configured" rather than "unchanged".</param>
public sealed record ApplyResult(JsonObject Merged, bool Changed);
