using Insula.Linux.Files;

namespace Insula.Images.Loading;

/// <summary>Bytes already read, followed by the rest of their stream; counts what is read. Does not close the source.</summary>
internal sealed class PrefixedStream : UnseekableStream
{
    private readonly Stream _rest;
    private ReadOnlyMemory<byte> _prefix;
    private long _count;

    public PrefixedStream(ReadOnlyMemory<byte> prefix, Stream rest) => (_prefix, _rest) = (prefix, rest);

    /// <summary>Bytes read so far.</summary>
    public long Count => _count;

    public override bool CanRead => true;

    public override bool CanWrite => false;

    public override long Position
    {
        get => _count;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count;
        if (!_prefix.IsEmpty)
        {
            count = Math.Min(buffer.Length, _prefix.Length);
            _prefix[..count].CopyTo(buffer);
            _prefix = _prefix[count..];
        }
        else
        {
            count = await _rest.ReadAsync(buffer, cancellationToken);
        }

        _count += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    // Requests of a web server must not be read synchronously, so nothing here may try.
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
