using System.Text.Json.Nodes;
using Insula.Api.Values;

namespace Insula.Api.Core;

/// <summary>Requests and limits of a container (core/v1 ResourceRequirements).</summary>
public sealed record ResourceRequirements
{
    /// <summary>Upper bounds by resource name; cpu in cores, memory in bytes.</summary>
    public IReadOnlyDictionary<string, Quantity> Limits { get; init => field = value ?? Empty.Quantities; } = Empty.Quantities;

    /// <summary>What the container is promised, by resource name; default the limits.</summary>
    public IReadOnlyDictionary<string, Quantity> Requests { get; init => field = value ?? Empty.Quantities; } = Empty.Quantities;

    /// <summary>Claims of dynamic resources.</summary>
    public JsonNode? Claims { get; init; }
}
