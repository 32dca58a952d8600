using System.IO.Pipelines;
using Insula.Pods.Streaming;

namespace Insulad.Tests;

/// <summary>A command made of pipes.</summary>
internal sealed class FakeExec(bool stdin) : PodSession
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

    /// <summary>Whether the session goes on when the client has no more input.</summary>
    public bool GoesOn { get; init; } = true;

    public TaskCompletionSource Left { get; } = new();

    public PodLogPart? Log { get; init; }

    public override PodLogPart? Earlier => Log;

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

    public override async Task<bool> EndInputAsync(CancellationToken cancellationToken) => GoesOn && await base.EndInputAsync(cancellationToken);

    public override Task LeaveAsync()
    {
        Left.TrySetResult();
        return Task.CompletedTask;
    }

    /// <summary>The output breaks off.</summary>
    public void Break(Exception why) => _output.Writer.Complete(why);

    public override ValueTask DisposeAsync()
    {
        Disposed.TrySetResult();
        return ValueTask.CompletedTask;
    }
}
