using System.Text.Json.Nodes;

namespace Insula.Api.Core;

/// <summary>A persistent volume that lives as long as the pod (core/v1 EphemeralVolumeSource).</summary>
public sealed record EphemeralVolumeSource
{
    /// <summary>The claim that is made; a document, since it is made as it is.</summary>
    public JsonObject? VolumeClaimTemplate { get; init; }
}
