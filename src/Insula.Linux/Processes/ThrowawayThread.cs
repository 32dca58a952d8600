using System.Runtime.ExceptionServices;

namespace Insula.Linux.Processes;

/// <summary>Work that leaves a thread where no other work may be done: in another mount namespace, of which there is no way back.</summary>
public static class ThrowawayThread
{
    /// <summary>
    /// Does it on a thread that ends with it, and waits. The work must not complete a task, nor queue anything: where the pool takes one more thread for that, it is a child of this
    /// one, lives in the same namespaces, and does the daemon's work there.
    /// </summary>
    /// <typeparam name="T">The result.</typeparam>
    /// <param name="name">The thread's name.</param>
    /// <param name="work">What it throws is thrown here.</param>
    public static T Run<T>(string name, Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        T? result = default;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = work();
            }
            catch (Exception e)
            {
                // Handed to the caller below.
                failure = ExceptionDispatchInfo.Capture(e);
            }
        })
        {
            IsBackground = true,
            Name = name,
        };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }

    /// <summary>As <see cref="Run"/>, without holding up the caller.</summary>
    /// <typeparam name="T">The result.</typeparam>
    /// <param name="name">The thread's name.</param>
    /// <param name="work">What it throws is thrown to who awaits it.</param>
    public static Task<T> RunAsync<T>(string name, Func<T> work) => Task.Run(() => Run(name, work));
}
