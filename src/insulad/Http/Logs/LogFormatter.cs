using System.Text;

namespace Insulad.Http.Logs;

/// <summary>Turns records into the text a client sees, and knows when enough has been written.</summary>
internal sealed class LogFormatter(LogQuery query) : IDisposable
{
    private readonly MemoryStream _pending = new();
    private readonly byte[]? _stream = query.Stream is null ? null : Encoding.ASCII.GetBytes(query.Stream);
    private bool _lineStart = true;

    /// <summary>Bytes written so far.</summary>
    public long Written { get; private set; }

    /// <summary>Whether the limit of bytes is reached.</summary>
    public bool Done => query.LimitBytes is { } limit && Written + _pending.Length >= limit;

    public void Add(ReadOnlySpan<byte> line)
    {
        if (!LogRecord.TryParse(line, out var record)
            || (_stream is not null && !record.Stream.SequenceEqual(_stream))
            || (query.Since is { } since && record.Time < since)
            || (query.Before is { } before && record.Time >= before))
        {
            return;
        }

        if (query.Timestamps && _lineStart)
        {
            _pending.Write(record.Timestamp);
            _pending.WriteByte((byte)' ');
        }

        _pending.Write(record.Content);
        if (!record.Partial)
        {
            _pending.WriteByte((byte)'\n');
        }

        _lineStart = !record.Partial;
    }

    public void Dispose() => _pending.Dispose();

    public async Task WriteToAsync(Stream output, CancellationToken ct)
    {
        var length = query.LimitBytes is { } limit ? Math.Min(_pending.Length, limit - Written) : _pending.Length;
        if (length > 0)
        {
            await output.WriteAsync(_pending.GetBuffer().AsMemory(0, (int)length), ct);
            Written += length;
        }

        _pending.SetLength(0);
    }
}
