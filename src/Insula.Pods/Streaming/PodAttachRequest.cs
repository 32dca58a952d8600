namespace Insula.Pods.Streaming;

/// <summary>A container's own streams, as <c>pods/NAME/attach</c> asks for them.</summary>
public sealed record PodAttachRequest
{
    /// <summary>The pod's namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>The pod's name.</summary>
    public required string Pod { get; init; }

    /// <summary>The container.</summary>
    public required string Container { get; init; }

    /// <summary>Whether something is to be written to its standard input.</summary>
    public bool Stdin { get; init; }

    /// <summary>Whether standard output, or what the terminal shows, is wanted.</summary>
    public bool Stdout { get; init; }

    /// <summary>Whether standard error is wanted; a container with a terminal has none.</summary>
    public bool Stderr { get; init; }

    /// <summary>Whether what it wrote before comes first, also when it has ended since.</summary>
    public bool Logs { get; init; }

    /// <summary>Whether it is expected to have a terminal.</summary>
    public bool Tty { get; init; }
}
