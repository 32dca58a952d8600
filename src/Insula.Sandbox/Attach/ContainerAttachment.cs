using Insula.Linux;
using Insula.Linux.Files;
using Insula.Sandbox.Containers;
using Insula.Sandbox.Exec;

namespace Insula.Sandbox.Attach;

/// <summary>Streams of a running container, shared with whoever else is attached to it. Disposing lets go of them; the container's
/// input stays open.</summary>
public sealed class ContainerAttachment : IDisposable
{
    private readonly AttachRunner _runner;
    private readonly string _id;
    private readonly Descriptor? _input;
    private readonly DescriptorStream? _inputStream;
    private readonly DescriptorStream? _output;
    private readonly DescriptorStream? _error;

    internal ContainerAttachment(
        AttachRunner runner,
        string id,
        DateTimeOffset since,
        Descriptor? input,
        bool isTerminal,
        DescriptorStream? inputStream,
        DescriptorStream? output,
        DescriptorStream? error,
        Task<ContainerExit?> ended)
    {
        _runner = runner;
        _id = id;
        Since = since;
        _input = input;
        _inputStream = inputStream;
        _output = output;
        _error = error;
        IsTerminal = isTerminal;
        Ended = ended;
    }

    /// <summary>What was written before is in the log, in entries older than this; the copies begin where they end.</summary>
    public DateTimeOffset Since { get; }

    /// <summary>Whether the container has a terminal: one stream both ways, whose output is standard output.</summary>
    public bool IsTerminal { get; }

    /// <summary>What the container reads; null when it has no input, or none any more.</summary>
    public Stream? Stdin => _inputStream;

    /// <summary>A copy of what it writes, from the line on that had not ended; null when not asked for. Reading it may fail with
    /// <see cref="SlowReaderException"/>.</summary>
    public Stream? Stdout => _output;

    /// <summary>The same of standard error.</summary>
    public Stream? Stderr => _error;

    /// <summary>Completes with how the container ended, null when nobody knows; fails with <see cref="SandboxException"/> when the shim is lost.</summary>
    public Task<ContainerExit?> Ended { get; }

    /// <summary>Tells the terminal its size.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    public void Resize(int rows, int columns)
    {
        if (IsTerminal && _input is not null)
        {
            Terminals.Resize(_input, rows, columns);
        }
    }

    /// <summary>Ends the container's input for good once nobody else who is attached holds it. Not for terminals, which have no such end.</summary>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="SandboxException">The container has ended.</exception>
    public async Task CloseStdinAsync(CancellationToken ct)
    {
        _inputStream?.Dispose();
        await _runner.CloseStdinAsync(_id, ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _inputStream?.Dispose();
        _output?.Dispose();
        _error?.Dispose();
    }
}
