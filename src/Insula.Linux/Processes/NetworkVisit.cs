using System.Runtime.ExceptionServices;
using Insula.Linux.LibC;

namespace Insula.Linux.Processes;

/// <summary>
/// Has the calling thread do something inside another network namespace and come back. setns(2) moves only that thread,
/// so nothing else of the daemon ever leaves the host's namespace.
/// </summary>
public sealed class NetworkVisit : IDisposable
{
    // /proc/1/ns is not readable everywhere; this process never leaves the host's namespace as a whole.
    private readonly Descriptor _home = Descriptor.Open("/proc/self/ns/net", fcntl.O_RDONLY);

    /// <summary>Runs a short piece of work (create a socket, bind it) in the network namespace.</summary>
    /// <typeparam name="T">The result.</typeparam>
    /// <param name="networkNamespace">A descriptor of the namespace.</param>
    /// <param name="work">What it throws is thrown, once the thread is back where it belongs.</param>
    /// <exception cref="LinuxException">The namespace could not be entered.</exception>
    public T Inside<T>(Descriptor networkNamespace, Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(networkNamespace);
        ArgumentNullException.ThrowIfNull(work);
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
            // Handed to the caller below.
            failure = ExceptionDispatchInfo.Capture(exception);
        }

        if (sched.setns(_home, sched.CLONE_NEWNET) != 0)
        {
            // What this thread did next would be done in a pod's namespace while meaning the host's: the daemon ends, and a new one adopts the pods.
            Environment.FailFast("The thread cannot return to the host's network namespace. " + LinuxException.FromLastError("setns").Message);
        }

        failure?.Throw();
        return result!;
    }

    /// <inheritdoc/>
    public void Dispose() => _home.Dispose();
}
