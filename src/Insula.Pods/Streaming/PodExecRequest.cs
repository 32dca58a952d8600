namespace Insula.Pods.Streaming;

/// <summary>A command to run in a container, as <c>pods/NAME/exec</c> asks for it.</summary>
public sealed record PodExecRequest
{
    /// <summary>The pod's namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>The pod's name.</summary>
    public required string Pod { get; init; }

    /// <summary>The container; null means the pod's only one, or its first.</summary>
    public string? Container { get; init; }

    /// <summary>The command and its arguments, verbatim; no shell is added.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Whether the command gets a standard input; otherwise it reads <c>/dev/null</c>.</summary>
    public bool Stdin { get; init; }

    /// <summary>Whether standard output is wanted.</summary>
    public bool Stdout { get; init; } = true;

    /// <summary>Whether standard error is wanted; with <see cref="Tty"/> it joins the terminal.</summary>
    public bool Stderr { get; init; } = true;

    /// <summary>Whether the command gets a terminal.</summary>
    public bool Tty { get; init; }
}
