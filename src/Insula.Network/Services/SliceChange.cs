using System.Text.Json.Nodes;

namespace Insula.Network.Services;

/// <summary>What has to be done to one EndpointSlice.</summary>
/// <param name="Name">Its name; null: it has to be created, under a name still to be made.</param>
/// <param name="Document">What it is to be; null: it has to be removed.</param>
public sealed record SliceChange(string? Name, JsonObject? Document);
