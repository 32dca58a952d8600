namespace Insula.Api.Core;

/// <summary>A field of an object (core/v1 ObjectFieldSelector).</summary>
public sealed record ObjectFieldSelector
{
    /// <summary>Version the path is written in; default v1.</summary>
    public string? ApiVersion { get; init; }

    /// <summary>The path, e.g. metadata.name.</summary>
    public string FieldPath { get; init => field = value ?? ""; } = "";
}
