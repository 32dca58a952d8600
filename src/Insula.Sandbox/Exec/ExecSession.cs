namespace Insula.Sandbox.Exec;

/// <summary>A command running in a container, with its streams. Disposing ends what is left of it.</summary>
public sealed class ExecSession : IAsyncDisposable
{
    private readonly ExecRunner _runner;
    private readonly ExecEntry _entry;
    private readonly ExecPipes _pipes;
    private readonly bool _keepDescendants;
    private int _disposed;

    internal ExecSession(ExecRunner runner, ExecEntry entry, ExecPipes pipes, bool keepDescendants)
    {
        _runner = runner;
        _entry = entry;
        _pipes = pipes;
        _keepDescendants = keepDescendants;
    }

    /// <summary>The exec's id in the sandbox, <c>exec-N</c>.</summary>
    public string Id => _entry.Id;

    /// <summary>Standard input, if asked for; disposing it is the end of input.</summary>
    public Stream? Stdin => _pipes.Stdin;

    /// <summary>Standard output, if asked for.</summary>
    public Stream? Stdout => _pipes.Stdout;

    /// <summary>Standard error, if asked for.</summary>
    public Stream? Stderr => _pipes.Stderr;

    /// <summary>The pseudo-terminal, both ways, if asked for; its end reads as end of file.</summary>
    public Stream? Terminal => _pipes.Terminal;

    /// <summary>Ends with the command, or fails with <see cref="SandboxException"/> when the shim dies first.</summary>
    public Task<ExecResult> Completion => _entry.Ended.Task;

    /// <summary>Tells the terminal its size.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="SandboxException">There is no terminal, or the command has ended.</exception>
    public Task ResizeAsync(int rows, int columns, CancellationToken ct) => _runner.ResizeAsync(Id, rows, columns, ct);

    /// <summary>Sends a signal to the command.</summary>
    /// <param name="signal">The kernel's signal number.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="SandboxException">The command has ended.</exception>
    public Task SignalAsync(int signal, CancellationToken ct) => _runner.SignalAsync(Id, signal, ct);

    /// <summary>Ends the command and everything it started, and waits until all of it is gone.</summary>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="SandboxException">Something of it is stuck; the message says what.</exception>
    public Task KillAsync(CancellationToken ct) => _runner.KillAsync(_entry, ct);

    /// <summary>Closes the streams and ends what is left of the command. When the command has ended by itself and was
    /// asked to keep its descendants, those go on until they end.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _pipes.Dispose();
        await _runner.ReleaseAsync(_entry, _keepDescendants).ConfigureAwait(false);
    }
}
