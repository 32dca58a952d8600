using System.Text;
using System.Threading.Channels;

namespace Insulad.Logging;

/// <summary>
/// Standard error, written by a thread of its own: a terminal that is held or a full pipe delays nobody. When it is
/// far behind lines are dropped and counted.
/// </summary>
internal sealed class LogOutput : IDisposable
{
    private readonly Channel<string> _lines = Channel.CreateBounded<string>(new BoundedChannelOptions(8192) { SingleReader = true });
    private readonly Stream _stream;
    private readonly Thread _thread;
    private long _lost;

    public LogOutput(Stream stream)
    {
        _stream = stream;
        _thread = new Thread(Run) { IsBackground = true, Name = "log" };
        _thread.Start();
    }

    public void Write(string text)
    {
        if (!_lines.Writer.TryWrite(text))
        {
            Interlocked.Increment(ref _lost);
        }
    }

    /// <summary>Writes what is waiting; gives up after two seconds when nobody reads.</summary>
    public void Dispose()
    {
        _lines.Writer.TryComplete();
        _thread.Join(TimeSpan.FromSeconds(2));
    }

    private void Run()
    {
        var reader = _lines.Reader;
        while (reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (reader.TryRead(out var text))
            {
                if (Interlocked.Exchange(ref _lost, 0) is > 0 and var lost)
                {
                    text = $"{lost} log lines were lost: nobody read them in time\n{text}";
                }

                try
                {
                    _stream.Write(Encoding.UTF8.GetBytes(text));
                }
                catch (IOException)
                {
                    // Standard error is closed: there is nowhere left to say so.
                    return;
                }
            }
        }
    }
}
