using static Insula.Linux.LibC.signal;

namespace Insula.Linux.Processes;

/// <summary>No signal is delivered to the thread until this is disposed on it, for system calls that give up when one comes; signal-safety(7).</summary>
public readonly unsafe ref struct BlockedSignals
{
    private readonly sigset_t _before;

    /// <summary>Blocks every signal that can be.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public BlockedSignals()
    {
        sigset_t all, before;
        _ = sigfillset(&all);
        Set(&all, &before);
        _before = before;
    }

    /// <summary>What came meanwhile is delivered now.</summary>
    public void Dispose()
    {
        var before = _before;
        Set(&before, null);
    }

    private static void Set(sigset_t* mask, sigset_t* before)
    {
        var error = pthread_sigmask(SIG_SETMASK, mask, before);
        if (error != 0)
        {
            throw new LinuxException("pthread_sigmask", null, error);
        }
    }
}
