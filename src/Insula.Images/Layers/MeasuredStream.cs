using System.Security.Cryptography;
using Insula.Linux.Files;

namespace Insula.Images.Layers;

/// <summary>A stream read through: counted, hashed, and stopped by a check. Closes its source.</summary>
internal sealed class MeasuredStream : UnseekableStream
{
    private readonly Stream _source;
    private readonly Action<long> _check;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _count;

    /// <param name="source">What is read.</param>
    /// <param name="check">Given the bytes read so far after every read; throws to stop.</param>
    public MeasuredStream(Stream source, Action<long> check)
    {
        _source = source;
        _check = check;
    }

    public long Count => _count;

    public override bool CanRead => true;

    public override bool CanWrite => false;

    public override long Position
    {
        get => _count;
        set => throw new NotSupportedException();
    }

    /// <summary>Reads to the end and gives the digest of everything.</summary>
    public string Finish()
    {
        var buffer = new byte[64 << 10];
        while (Read(buffer, 0, buffer.Length) > 0)
        {
        }

        return Formats.Digests.Format(_hash.GetHashAndReset());
    }

    public override int Read(Span<byte> buffer)
    {
        var count = _source.Read(buffer);
        _hash.AppendData(buffer[..count]);
        _count += count;
        _check(_count);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int ReadByte()
    {
        Span<byte> one = stackalloc byte[1];
        return Read(one) == 0 ? -1 : one[0];
    }

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
            _source.Dispose();
        }

        base.Dispose(disposing);
    }
}
