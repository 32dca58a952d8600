using Insula.Linux.LibC;

namespace Insula.Linux.Processes;

/// <summary>
/// A thread of its own for work inside other network namespaces: it enters one, makes a socket, and comes back.
/// setns(2) moves only the calling thread, so nothing else of the daemon ever leaves the host's namespace.
/// </summary>
public sealed class NamespaceThread : IDisposable
{
    /// <summary>Starts the thread.</summary>
    public NamespaceThread() => throw new NotImplementedException();

    /// <summary>Runs a short, non-blocking piece of work (create a socket, bind it) in the network namespace.</summary>
    /// <typeparam name="T">The result.</typeparam>
    /// <param name="networkNamespace">A descriptor of the namespace.</param>
    /// <param name="work">Must not block: all namespaces share the one thread.</param>
    /// <exception cref="LinuxException">The namespace could not be entered.</exception>
    public Task<T> RunAsync<T>(Descriptor networkNamespace, Func<T> work) => throw new NotImplementedException();

    /// <summary>Ends the thread after the work that is queued.</summary>
    public void Dispose() => throw new NotImplementedException();
}
