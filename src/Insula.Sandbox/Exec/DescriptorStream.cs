using Insula.Linux;
using Insula.Linux.Events;
using Insula.Linux.Files;
using Insula.Sandbox.Attach;

namespace Insula.Sandbox.Exec;

/// <summary>One end of a pipe, or the master of a terminal, read and written without a thread: the event loop says when.</summary>
internal sealed class DescriptorStream : UnseekableStream
{
    private readonly Descriptor _descriptor;
    private readonly EventLoop _events;
    private readonly bool _isTerminal;
    private readonly FileAccess _access;
    private readonly CancellationTokenSource _closing = new();
    private int _closed;

    /// <summary>Takes the descriptor over and makes it non-blocking.</summary>
    public DescriptorStream(Descriptor descriptor, EventLoop events, FileAccess access, bool isTerminal = false)
    {
        _descriptor = descriptor;
        _events = events;
        _access = access;
        _isTerminal = isTerminal;
        NonBlocking.Enable(descriptor);
    }

    public override bool CanRead => _access.HasFlag(FileAccess.Read);

    public override bool CanWrite => _access.HasFlag(FileAccess.Write);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        while (true)
        {
            var count = ReadAvailable(buffer.Span);
            if (count >= 0)
            {
                return count;
            }

            await WaitAsync(_events.WaitReadableAsync, cancellationToken).ConfigureAwait(false);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            var count = NonBlocking.TryWrite(_descriptor, buffer.Span);
            if (count < 0)
            {
                await WaitAsync(_events.WaitWritableAsync, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                buffer = buffer[count..];
            }
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Write(byte[] buffer, int offset, int count) =>
        WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override void Dispose(bool disposing)
    {
        // A pending wait keeps the descriptor open, so it is ended before the descriptor is closed.
        if (disposing && Interlocked.Exchange(ref _closed, 1) == 0)
        {
            _closing.Cancel();
            _descriptor.Dispose();
            _closing.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Reads what is there.</summary>
    /// <returns>How many bytes, 0 at the end, or -1 when there is nothing yet.</returns>
    public int ReadAvailable(Span<byte> buffer)
    {
        try
        {
            return NonBlocking.TryRead(_descriptor, buffer);
        }
        catch (LinuxException e) when (_isTerminal && e.Errno == Errno.EIO)
        {
            // A terminal whose last process closed it says so by EIO (tty_ioctl(4)).
            return 0;
        }
        catch (LinuxException e) when (e.Errno == Errno.ECONNRESET)
        {
            throw new SlowReaderException("the output was not read quickly enough", e);
        }
    }

    private async Task WaitAsync(Func<Descriptor, CancellationToken, Task> wait, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _closed) != 0, this);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, _closing.Token);
        try
        {
            await wait(_descriptor, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(DescriptorStream));
        }
    }
}
