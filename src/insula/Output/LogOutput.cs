using System.Text;

namespace Insula.Cli.Output;

/// <summary>Standard output for the logs of several containers: their bytes as they are, or whole lines that begin with whose they are.</summary>
/// <param name="output">Where to; flushed after each write, since somebody may look on.</param>
internal sealed class LogOutput(Stream output) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Copies a log to its end.</summary>
    /// <param name="log">The log.</param>
    /// <param name="prefix">What each line begins with; empty for the bytes as they are.</param>
    /// <param name="ct">Gives up.</param>
    public async Task CopyAsync(Stream log, string prefix, CancellationToken ct)
    {
        var begin = Encoding.UTF8.GetBytes(prefix);
        var buffer = new byte[64 << 10];
        var rest = new MemoryStream();

        // What was read is shown at once: CopyTo would hold a follower's lines back in a buffer.
        for (int count; (count = await log.ReadAsync(buffer, ct)) > 0;)
        {
            if (begin.Length == 0)
            {
                await WriteAsync(buffer.AsMemory(0, count), ct);
                continue;
            }

            var lines = new MemoryStream();
            for (var bytes = buffer.AsMemory(0, count); !bytes.IsEmpty;)
            {
                var end = bytes.Span.IndexOf((byte)'\n');
                var part = end < 0 ? bytes : bytes[..(end + 1)];
                rest.Write(part.Span);
                bytes = bytes[part.Length..];
                if (end >= 0)
                {
                    lines.Write(begin);
                    rest.WriteTo(lines);
                    rest.SetLength(0);
                }
            }

            await WriteAsync(lines.GetBuffer().AsMemory(0, (int)lines.Length), ct);
        }

        if (rest.Length > 0)
        {
            await WriteAsync((byte[])[.. begin, .. rest.ToArray(), (byte)'\n'], ct);
        }
    }

    public void Dispose()
    {
        _one.Dispose();
        output.Dispose();
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        await _one.WaitAsync(ct);
        try
        {
            await output.WriteAsync(bytes, ct);
            await output.FlushAsync(ct);
        }
        finally
        {
            _one.Release();
        }
    }
}
