namespace Insula.Api.Core;

/// <summary>An object in the same namespace (core/v1 LocalObjectReference).</summary>
public sealed record LocalObjectReference
{
    /// <summary>The object's name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";
}
