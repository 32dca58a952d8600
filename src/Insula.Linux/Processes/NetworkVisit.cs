using System.Runtime.ExceptionServices;
using Insula.Linux.LibC;

namespace Insula.Linux.Processes;

/// <summary>
/// Has the calling thread do something inside another network namespace and come back. setns(2) moves only that thread,
/// so nothing else of the daemon ever leaves the host's namespace.
/// </summary>
public sealed class NetworkVisit : IDisposable
{
    private const string ThreadNamespace = "/proc/thread-self/ns/net";
    private readonly Descriptor _home;

    /// <summary>For threads that live where the process does.</summary>
    /// <exception cref="LinuxException">The own network namespace cannot be opened.</exception>
    public NetworkVisit()
        : this("/proc/self/ns/net") // /proc/1/ns is not readable everywhere; this process never leaves the host's namespace as a whole
    {
    }

    private NetworkVisit(string home) => _home = Descriptor.Open(home, fcntl.O_RDONLY);

    /// <summary>For the calling thread alone, which may live elsewhere than the process: it comes back to where it is now.</summary>
    /// <exception cref="LinuxException">The own network namespace cannot be opened.</exception>
    public static NetworkVisit OfThisThread() => new(ThreadNamespace);

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

        return ComeBackAfter(work);
    }

    /// <summary>Makes a new, empty network namespace, which lives as long as its descriptor.</summary>
    /// <exception cref="LinuxException">The kernel refuses it.</exception>
    public Descriptor CreateNamespace()
    {
        if (sched.unshare(sched.CLONE_NEWNET) != 0)
        {
            throw LinuxException.FromLastError("unshare the network namespace");
        }

        return ComeBackAfter(() => Descriptor.Open(ThreadNamespace, fcntl.O_RDONLY));
    }

    /// <inheritdoc/>
    public void Dispose() => _home.Dispose();

    private T ComeBackAfter<T>(Func<T> work)
    {
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
}
