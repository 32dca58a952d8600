namespace Insula.Api.Core;

/// <summary>A reference to an object (core/v1 ObjectReference).</summary>
public sealed record ObjectReference
{
    /// <summary>Kind.</summary>
    public string? Kind { get; init; }

    /// <summary>Namespace.</summary>
    public string? Namespace { get; init; }

    /// <summary>Name.</summary>
    public string? Name { get; init; }

    /// <summary>UID.</summary>
    public string? Uid { get; init; }

    /// <summary>API version.</summary>
    public string? ApiVersion { get; init; }

    /// <summary>Version.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>Part of the object, e.g. spec.containers{web}.</summary>
    public string? FieldPath { get; init; }
}
