using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Insula.Cli.Client;

/// <summary>
/// The body of an answer: of a known length, in chunks, or to the end of the connection. Reading blocks, also asynchronously, but where
/// the connection was upgraded and both sides speak at once.
/// </summary>
internal sealed class HttpBody(NetworkStream stream, ReadOnlyMemory<byte> begun, bool chunked, long length, CancellationToken cancelled) : Stream
{
    private readonly byte[] _received = chunked ? new byte[16 * 1024] : [];
    private ReadOnlyMemory<byte> _begun = begun;
    private readonly bool _toTheEnd = !chunked && length == long.MaxValue;
    private long _left = length;
    private bool _first = true;
    private bool _ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        if (chunked && _left == 0 && !_ended)
        {
            NextChunk();
        }

        if (_ended || _left == 0 || buffer.IsEmpty)
        {
            return 0;
        }

        var count = Take(buffer[..(int)Math.Min(buffer.Length, _left)]);
        if (count == 0 && !_toTheEnd)
        {
            throw new IOException("the daemon ended the connection in the middle of its answer");
        }

        _left -= count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return _toTheEnd && _begun.IsEmpty ? stream.ReadAsync(buffer, cancellationToken) : new(Read(buffer.Span));
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => stream.Write(buffer, offset, count);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => stream.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        stream.WriteAsync(buffer, offset, count, cancellationToken);

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        stream.Dispose();
        base.Dispose(disposing);
    }

    // What came together with the head comes first.
    private int Take(Span<byte> buffer)
    {
        if (_begun.IsEmpty)
        {
            // Sizes of chunks are a few bytes each: one call brings many.
            var received = stream.Read(chunked ? _received : buffer);
            cancelled.ThrowIfCancellationRequested();
            if (!chunked || received == 0)
            {
                return received;
            }

            _begun = _received.AsMemory(0, received);
        }

        var count = Math.Min(buffer.Length, _begun.Length);
        _begun.Span[..count].CopyTo(buffer);
        _begun = _begun[count..];
        return count;
    }

    private void NextChunk()
    {
        if (!_first)
        {
            Line();
        }

        _first = false;
        var size = Line().Split(';')[0];
        _left = long.TryParse(size, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var next) && next >= 0
            ? next : throw new IOException($"a chunk of the answer has no size: {size}");
        if (_left == 0)
        {
            // Trailers, of which there are none that matter, until an empty line.
            while (Line().Length > 0)
            {
                continue;
            }

            _ended = true;
        }
    }

    private string Line()
    {
        var line = new StringBuilder();
        Span<byte> one = stackalloc byte[1];
        while (line.Length < 4096)
        {
            if (Take(one) == 0)
            {
                throw new IOException("the daemon ended the connection in the middle of its answer");
            }

            if (one[0] == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append((char)one[0]);
        }

        throw new IOException("a line between the chunks of the answer has no end");
    }
}
