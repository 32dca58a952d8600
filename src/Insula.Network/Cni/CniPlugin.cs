using System.Text.Json.Nodes;

namespace Insula.Network.Cni;

/// <summary>One plug-in of a list.</summary>
/// <param name="Type">The name of its program.</param>
/// <param name="Capabilities">What it wants to be told of each pod, such as <c>portMappings</c>.</param>
/// <param name="Json">All of its configuration, as it stands in the list.</param>
internal sealed record CniPlugin(string Type, IReadOnlyList<string> Capabilities, JsonObject Json);
