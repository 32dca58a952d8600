namespace Insula.Pods.Streaming;

/// <summary>A command running in a container. Disposing it ends the command with everything it started.</summary>
public abstract class PodExec : IAsyncDisposable
{
    /// <summary>The command's standard input; with a terminal, the terminal. Null when none was asked for.</summary>
    public abstract Stream? Stdin { get; }

    /// <summary>The command's standard output; with a terminal, the terminal. Null when none was asked for.</summary>
    public abstract Stream? Stdout { get; }

    /// <summary>The command's standard error; null with a terminal or when none was asked for.</summary>
    public abstract Stream? Stderr { get; }

    /// <summary>Completes with the exit code (128 + signal for a killed command) when the command has ended.</summary>
    public abstract Task<int> Completion { get; }

    /// <summary>Sets the terminal's size; does nothing without one.</summary>
    public abstract Task ResizeAsync(int rows, int columns, CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
