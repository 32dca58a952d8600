using System.Text;
using Insula.Linux.LibC;

namespace Insula.Linux.Events;

/// <summary>Tells when tasks of the machine wait for memory: a trigger on /proc/pressure/memory (Documentation/accounting/psi.rst). It costs nothing while none does.</summary>
public sealed class MemoryStall : IDisposable
{
    // A tenth of a second in two: the kernel wants windows of whole two seconds from those without CAP_SYS_RESOURCE.
    private const string Trigger = "some 100000 2000000\0";

    private readonly Descriptor _file;

    private MemoryStall(Descriptor file) => _file = file;

    /// <summary>Sets the trigger; null where the kernel has none, or refuses it.</summary>
    /// <param name="why">Why there is none.</param>
    public static MemoryStall? TryOpen(out string why)
    {
        Descriptor? file = null;
        try
        {
            file = Descriptor.Open("/proc/pressure/memory", fcntl.O_RDWR | fcntl.O_NONBLOCK);
            file.WriteAll(Encoding.ASCII.GetBytes(Trigger));
            why = "";
            return new MemoryStall(file);
        }
        catch (LinuxException e)
        {
            file?.Dispose();
            why = e.Message;
            return null;
        }
    }

    /// <summary>Calls and awaits an action whenever it happens, until the kernel refuses to tell.</summary>
    /// <returns>Why there is no more of it.</returns>
    public static async Task<string> WatchAsync(EventLoop loop, Func<Task> happened, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(happened);
        using var stall = TryOpen(out var why);
        try
        {
            while (stall is not null)
            {
                await stall.HappenedAsync(loop, ct).ConfigureAwait(false);
                await happened().ConfigureAwait(false);
            }
        }
        catch (LinuxException e)
        {
            why = e.Message;
        }

        return why;
    }

    /// <summary>Completes when it happens; not more often than once in two seconds.</summary>
    /// <exception cref="LinuxException">The kernel refuses to go on.</exception>
    public Task HappenedAsync(EventLoop loop, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(loop);
        return loop.WaitPriorityAsync(_file, ct);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
