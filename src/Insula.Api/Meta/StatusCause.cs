namespace Insula.Api.Meta;

/// <summary>One cause of a failure (meta/v1 StatusCause).</summary>
public sealed record StatusCause
{
    /// <summary>CamelCase word, e.g. FieldValueInvalid.</summary>
    public string? Reason { get; init; }

    /// <summary>Text for people.</summary>
    public string? Message { get; init; }

    /// <summary>Path of the field, e.g. spec.containers[0].image.</summary>
    public string? Field { get; init; }
}
