using System.Buffers;

namespace Insula.Sandbox.Exec;

/// <summary>Keeps the first bytes of an output and drops the rest, so that no command fills the daemon's memory.</summary>
internal sealed class OutputBuffer(int maximumBytes)
{
    private readonly ArrayBufferWriter<byte> _kept = new();

    public bool Truncated { get; private set; }

    public ReadOnlyMemory<byte> Kept => _kept.WrittenMemory;

    /// <summary>Reads to the end, or until cancelled and then what is there.</summary>
    public async Task ReadAsync(DescriptorStream stream, CancellationToken stop)
    {
        var buffer = new byte[4096];
        try
        {
            int count;
            while ((count = await stream.ReadAsync(buffer, stop).ConfigureAwait(false)) > 0)
            {
                Add(buffer.AsSpan(0, count));
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            int count;
            while ((count = stream.ReadAvailable(buffer)) > 0)
            {
                Add(buffer.AsSpan(0, count));
            }
        }
    }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        var room = maximumBytes - _kept.WrittenCount;
        Truncated |= bytes.Length > room;
        _kept.Write(bytes[..Math.Min(room, bytes.Length)]);
    }
}
