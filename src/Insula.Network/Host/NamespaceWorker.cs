using Insula.Linux;
using Insula.Linux.LibC;
using Insula.Linux.Netlink;
using Insula.Linux.Processes;

namespace Insula.Network.Host;

/// <summary>
/// A thread of its own that lives in the network namespace which plays the host, does one piece of work after the other there, and visits
/// pods' namespaces to open sockets in them. Namespaces belong to threads: work of this kind may never run on a shared one.
/// </summary>
internal sealed class NamespaceWorker : IDisposable
{
    private readonly WorkQueue _work = new();
    private readonly Thread _thread;
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private NetworkVisit? _visits;
    private RouteSocket? _routes;

    /// <summary>Starts the thread.</summary>
    /// <param name="name">The thread's name.</param>
    /// <param name="home">The namespace to live in; <see langword="null"/>: that of the process.</param>
    public NamespaceWorker(string name, Descriptor? home)
    {
        _thread = new Thread(() => Live(home)) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>rtnetlink in the host's namespace; for work on this thread.</summary>
    public RouteSocket Routes => _routes ?? throw NotStarted();

    private NetworkVisit Visits => _visits ?? throw NotStarted();

    /// <summary>Does a piece of work on the thread.</summary>
    public async Task<T> RunAsync<T>(Func<T> work)
    {
        await _started.Task.ConfigureAwait(false);
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception e)
            {
                // Whatever it is belongs to the one who asked; this thread goes on with the next piece.
                done.SetException(e);
            }
        });
        return await done.Task.ConfigureAwait(false);
    }

    /// <summary>Does a piece of work on the thread.</summary>
    public Task RunAsync(Action work) => RunAsync(() =>
    {
        work();
        return true;
    });

    /// <summary>Makes a new, empty network namespace, which lives as long as its descriptor; only on this thread.</summary>
    public Descriptor CreateNamespace() => Visits.CreateNamespace();

    /// <summary>Runs <paramref name="make"/> inside another network namespace; only on this thread.</summary>
    public T Visit<T>(Descriptor networkNamespace, Func<T> make) => Visits.Inside(networkNamespace, make);

    /// <inheritdoc/>
    public void Dispose()
    {
        _work.Complete();
        _thread.Join();
        _routes?.Dispose();
        _visits?.Dispose();
    }

    private static InvalidOperationException NotStarted() => new("the network thread has not started");

    private void Live(Descriptor? home)
    {
        try
        {
            if (home is not null && sched.setns(home, sched.CLONE_NEWNET) != 0)
            {
                throw LinuxException.FromLastError("setns to the host's network namespace");
            }

            _visits = NetworkVisit.OfThisThread();
            _routes = RouteSocket.Open();
            _started.SetResult();
        }
        catch (Exception e)
        {
            // Without its namespace the thread is of no use; everybody who asks for work learns why.
            _started.SetException(e);
            return;
        }

        _work.Run();
    }
}
