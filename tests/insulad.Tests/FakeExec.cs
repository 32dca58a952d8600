using System.IO.Pipelines;
using Insula.Pods.Streaming;

namespace Insulad.Tests;

/// <summary>A command made of pipes.</summary>
internal sealed class FakeExec(bool stdin) : PodExec
{
    private readonly Pipe _input = new();
    private readonly Pipe _output = new();
    private readonly Pipe _error = new();
    private readonly TaskCompletionSource<int> _completion = new();

    public StreamReader CommandInput => new(_input.Reader.AsStream());

    public Stream CommandOutput => _output.Writer.AsStream();

    public Stream CommandError => _error.Writer.AsStream();

    public TaskCompletionSource<(int Rows, int Columns)> Resized { get; } = new();

    public TaskCompletionSource Disposed { get; } = new();

    public override Stream? Stdin => stdin ? _input.Writer.AsStream() : null;

    public override Stream? Stdout => _output.Reader.AsStream();

    public override Stream? Stderr => _error.Reader.AsStream();

    public override Task<int> Completion => _completion.Task;

    public void Exit(int code)
    {
        _output.Writer.Complete();
        _error.Writer.Complete();
        _completion.SetResult(code);
    }

    public override Task ResizeAsync(int rows, int columns, CancellationToken cancellationToken)
    {
        Resized.TrySetResult((rows, columns));
        return Task.CompletedTask;
    }

    public override ValueTask DisposeAsync()
    {
        Disposed.TrySetResult();
        return ValueTask.CompletedTask;
    }
}
