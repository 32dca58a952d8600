namespace Insula.Linux.Processes;

/// <summary>
/// A thread of its own for work inside other network namespaces: it enters one, makes a socket, and comes back.
/// </summary>
public sealed class NamespaceThread : IDisposable
{
    private readonly WorkQueue _work = new();
    private readonly NetworkVisit _visit = new();
    private readonly Thread _thread;

    /// <summary>Starts the thread.</summary>
    /// <exception cref="LinuxException">The own network namespace cannot be opened.</exception>
    public NamespaceThread()
    {
        _thread = new Thread(_work.Run) { IsBackground = true, Name = "network namespaces" };
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
            _work.Add(() =>
            {
                try
                {
                    source.SetResult(_visit.Inside(networkNamespace, work));
                }
                catch (Exception exception)
                {
                    source.SetException(exception);
                }
                finally
                {
                    networkNamespace.DangerousRelease();
                }
            });
        }
        catch (ObjectDisposedException)
        {
            networkNamespace.DangerousRelease();
            throw;
        }

        return source.Task;
    }

    /// <summary>Ends the thread after the work that is queued.</summary>
    public void Dispose()
    {
        _work.Complete();
        _thread.Join();
        _visit.Dispose();
    }
}
