namespace Insula.Linux.Processes;

/// <summary>
/// What a thread of its own has to do, one piece after the other. The thread sleeps at once when there is nothing: collections of the framework
/// have it look again and again for a while, which kept a processor from a pod's processes for a tenth of each start.
/// </summary>
public sealed class WorkQueue
{
    private readonly object _changed = new();
    private readonly Queue<Action> _work = new();
    private bool _isComplete;

    /// <summary>Adds a piece of work.</summary>
    /// <exception cref="ObjectDisposedException">The queue is complete.</exception>
    public void Add(Action work)
    {
        lock (_changed)
        {
            ObjectDisposedException.ThrowIf(_isComplete, this);
            _work.Enqueue(work);
            Monitor.Pulse(_changed);
        }
    }

    /// <summary>Nothing is added any more.</summary>
    public void Complete()
    {
        lock (_changed)
        {
            _isComplete = true;
            Monitor.PulseAll(_changed);
        }
    }

    /// <summary>Does what there is and what comes, until the queue is complete and empty.</summary>
    public void Run()
    {
        while (Take() is { } work)
        {
            work();
        }
    }

    private Action? Take()
    {
        lock (_changed)
        {
            while (_work.Count == 0 && !_isComplete)
            {
                Monitor.Wait(_changed);
            }

            return _work.TryDequeue(out var work) ? work : null;
        }
    }
}
