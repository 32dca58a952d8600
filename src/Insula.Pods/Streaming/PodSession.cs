namespace Insula.Pods.Streaming;

/// <summary>Streams between a client and a process in a container: a command that was started for it, which disposing ends with
/// everything it started, or the container's own, which goes on.</summary>
public abstract class PodSession : IAsyncDisposable
{
    /// <summary>What the process reads; with a terminal, the terminal. Null when none was asked for.</summary>
    public abstract Stream? Stdin { get; }

    /// <summary>What it writes; with a terminal, the terminal. Null when none was asked for.</summary>
    public abstract Stream? Stdout { get; }

    /// <summary>Its standard error; null with a terminal or when none was asked for.</summary>
    public abstract Stream? Stderr { get; }

    /// <summary>What belongs before the output, and was asked for; null when there is none.</summary>
    public virtual PodLogPart? Earlier => null;

    /// <summary>Completes with the exit code (128 + signal for a killed process) when the process has ended.</summary>
    public abstract Task<int> Completion { get; }

    /// <summary>Sets the terminal's size; does nothing without one.</summary>
    public abstract Task ResizeAsync(int rows, int columns, CancellationToken cancellationToken);

    /// <summary>The client has no more input.</summary>
    /// <returns>Whether the session goes on; otherwise that was its end.</returns>
    public virtual async Task<bool> EndInputAsync(CancellationToken cancellationToken)
    {
        if (Stdin is { } stdin)
        {
            await stdin.DisposeAsync();
        }

        return true;
    }

    /// <summary>The client has left, which the end of the daemon is not.</summary>
    public virtual Task LeaveAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
