namespace Insula.Sandbox.Exec;

/// <summary>A command running in a container, with its streams. Disposing ends what is left of it.</summary>
public sealed class ExecSession : IAsyncDisposable
{
    internal ExecSession()
    {
    }

    /// <summary>The exec's id in the sandbox, <c>exec-N</c>.</summary>
    public string Id => throw new NotSupportedException();

    /// <summary>Standard input, if asked for; disposing it is the end of input.</summary>
    public Stream? Stdin => throw new NotSupportedException();

    /// <summary>Standard output, if asked for.</summary>
    public Stream? Stdout => throw new NotSupportedException();

    /// <summary>Standard error, if asked for.</summary>
    public Stream? Stderr => throw new NotSupportedException();

    /// <summary>The pseudo-terminal, both ways, if asked for; its end reads as end of file.</summary>
    public Stream? Terminal => throw new NotSupportedException();

    /// <summary>Ends with the command, or fails with <see cref="SandboxException"/> when the shim dies first.</summary>
    public Task<ExecResult> Completion => throw new NotSupportedException();

    /// <summary>Tells the terminal its size.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="ct">Stops waiting.</param>
    public Task ResizeAsync(int rows, int columns, CancellationToken ct) => throw new NotSupportedException();

    /// <summary>Sends a signal to the command.</summary>
    /// <param name="signal">The kernel's signal number.</param>
    /// <param name="ct">Stops waiting.</param>
    public Task SignalAsync(int signal, CancellationToken ct) => throw new NotSupportedException();

    /// <summary>Ends the command and everything it started, and waits until all of it is gone.</summary>
    /// <param name="ct">Stops waiting.</param>
    public Task KillAsync(CancellationToken ct) => throw new NotSupportedException();

    /// <summary>Closes the streams and ends what is left of the command.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
