using System.Text;

namespace Insulad.Logging;

/// <summary>
/// Standard error, written by a thread of its own: a terminal that is held or a full pipe delays nobody. When it is
/// far behind lines are dropped and counted.
/// </summary>
internal sealed class LogOutput : IDisposable
{
    private const int Capacity = 8192;

    // Not a collection of the framework's: a thread that waits for one looks again and again for a while, which keeps a processor from the pods' processes.
    private readonly object _changed = new();
    private readonly Queue<string> _lines = new();
    private bool _isComplete;
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
        lock (_changed)
        {
            if (_isComplete || _lines.Count == Capacity)
            {
                _lost++;
                return;
            }

            _lines.Enqueue(text);
            Monitor.Pulse(_changed);
        }
    }

    /// <summary>Writes what is waiting; gives up after two seconds when nobody reads.</summary>
    public void Dispose()
    {
        lock (_changed)
        {
            _isComplete = true;
            Monitor.Pulse(_changed);
        }

        _thread.Join(TimeSpan.FromSeconds(2));
    }

    private void Run()
    {
        while (Take() is { } text)
        {
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

    private string? Take()
    {
        lock (_changed)
        {
            while (_lines.Count == 0 && !_isComplete)
            {
                Monitor.Wait(_changed);
            }

            if (!_lines.TryDequeue(out var text))
            {
                return null;
            }

            var lost = _lost;
            _lost = 0;
            return lost == 0 ? text : $"{lost} log lines were lost: nobody read them in time\n{text}";
        }
    }
}
