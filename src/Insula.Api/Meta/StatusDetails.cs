namespace Insula.Api.Meta;

/// <summary>More about a failure (meta/v1 StatusDetails).</summary>
public sealed record StatusDetails
{
    /// <summary>Name of the object.</summary>
    public string? Name { get; init; }

    /// <summary>API group of the object.</summary>
    public string? Group { get; init; }

    /// <summary>Kind, or by Kubernetes' habit the resource, of the object.</summary>
    public string? Kind { get; init; }

    /// <summary>UID of the object.</summary>
    public string? Uid { get; init; }

    /// <summary>The causes, one per field.</summary>
    public IReadOnlyList<StatusCause> Causes { get; init => field = value ?? []; } = [];

    /// <summary>Seconds after which the request may be tried again.</summary>
    public int? RetryAfterSeconds { get; init; }
}
