namespace Insula.Api.Autoscaling;

/// <summary>An object of the same namespace, by its kind and name (autoscaling/v2 CrossVersionObjectReference).</summary>
public sealed record CrossVersionObjectReference
{
    /// <summary>Its kind.</summary>
    public string Kind { get; init => field = value ?? ""; } = "";

    /// <summary>Its name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Its group and version.</summary>
    public string? ApiVersion { get; init; }
}
