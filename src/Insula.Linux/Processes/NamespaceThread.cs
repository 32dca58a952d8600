using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Insula.Linux.LibC;

namespace Insula.Linux.Processes;

/// <summary>
/// A thread of its own for work inside other network namespaces: it enters one, makes a socket, and comes back.
/// setns(2) moves only the calling thread, so nothing else of the daemon ever leaves the host's namespace.
/// </summary>
public sealed class NamespaceThread : IDisposable
{
    private readonly BlockingCollection<Action> _queue = [];
    private readonly Descriptor _home;
    private readonly Thread _thread;

    /// <summary>Starts the thread.</summary>
    /// <exception cref="LinuxException">The own network namespace cannot be opened.</exception>
    public NamespaceThread()
    {
        // /proc/1/ns is not readable everywhere; this process never leaves the host's namespace as a whole.
        _home = Descriptor.Open("/proc/self/ns/net", fcntl.O_RDONLY);
        _thread = new Thread(Run) { IsBackground = true, Name = "network namespaces" };
        _thread.Start();
    }

    /// <summary>Runs a short, non-blocking piece of work (create a socket, bind it) in the network namespace.</summary>
    /// <typeparam name="T">The result.</typeparam>
    /// <param name="networkNamespace">A descriptor of the namespace; referenced until the work has run.</param>
    /// <param name="work">Must not block: all namespaces share the one thread.</param>
    /// <exception cref="LinuxException">The namespace could not be entered.</exception>
    public Task<T> RunAsync<T>(Descriptor networkNamespace, Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(networkNamespace);
        ArgumentNullException.ThrowIfNull(work);
        var source = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var referenced = false;
        networkNamespace.DangerousAddRef(ref referenced);
        try
        {
            _queue.Add(() =>
            {
                try
                {
                    source.SetResult(Inside(networkNamespace, work));
                }
                catch (Exception exception) when (exception is not HomelessException)
                {
                    source.SetException(exception);
                }
                finally
                {
                    networkNamespace.DangerousRelease();
                }
            });
        }
        catch (Exception exception) when (exception is InvalidOperationException or ObjectDisposedException)
        {
            networkNamespace.DangerousRelease();
            throw new ObjectDisposedException(nameof(NamespaceThread));
        }

        return source.Task;
    }

    /// <summary>Ends the thread after the work that is queued.</summary>
    public void Dispose()
    {
        if (_queue.IsAddingCompleted)
        {
            return;
        }

        _queue.CompleteAdding();
        _thread.Join();
        _queue.Dispose();
        _home.Dispose();
    }

    private void Run()
    {
        foreach (var work in _queue.GetConsumingEnumerable())
        {
            work();
        }
    }

    private T Inside<T>(Descriptor networkNamespace, Func<T> work)
    {
        if (sched.setns(networkNamespace, sched.CLONE_NEWNET) != 0)
        {
            throw LinuxException.FromLastError("setns", "network namespace");
        }

        ExceptionDispatchInfo? failure = null;
        T? result = default;
        try
        {
            result = work();
        }
        catch (Exception exception)
        {
            // Handed to the caller, once this thread is back where it belongs.
            failure = ExceptionDispatchInfo.Capture(exception);
        }

        if (sched.setns(_home, sched.CLONE_NEWNET) != 0)
        {
            // The next piece of work would run in a pod's namespace while meaning the host's: better none at all.
            throw new HomelessException(LinuxException.FromLastError("setns", "host network namespace"));
        }

        failure?.Throw();
        return result!;
    }

    // Deliberately unhandled: it ends the daemon, and a new one adopts the pods.
    private sealed class HomelessException(Exception inner) : Exception("The namespace thread cannot return to the host's network namespace.", inner);
}
