using System.Runtime.CompilerServices;
using Insula.Images;
using Insula.Linux.LibC;
using Insula.Linux.Memory;
using Microsoft.Extensions.Hosting;

namespace Insulad.Hosting;

/// <summary>
/// Gives the machine back the memory that a burst of work took, once it is over: the runtime would keep it until memory is short
/// everywhere, and pods are to have it. What comes next pays for that, the start of a pod with a tenth of its time: so not in the
/// pauses between things that follow each other. A large image is a burst of which the end is known, and longer than what follows pays.
/// </summary>
internal sealed class IdleMemory(ImageStore images, TimeProvider time) : BackgroundService
{
    /// <summary>Of an image that came. A tenth of a second or more, then, and a start pays some milliseconds.</summary>
    private const long LargeBytes = 16L << 20;

    private const long BusyBytes = 1L << 20; // allocated in two periods: probes, watches and what is measured every ten seconds take less
    private const long WorthwhileBytes = 4L << 20; // allocated since the last time

    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(5);

    private static readonly Lock s_returning = new();

    private long _last;
    private long _before;
    private long _returned;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_period, time);
        images.LayersEnded += OnLayersEnded;
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (IsDue(GC.GetTotalAllocatedBytes(precise: false)))
                {
                    Return();
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
        finally
        {
            images.LayersEnded -= OnLayersEnded;
        }
    }

    private static void OnLayersEnded(long bytes)
    {
        if (bytes >= LargeBytes)
        {
            ThreadPool.QueueUserWorkItem(_ => Return());
        }
    }

    /// <summary>Whether a burst is over.</summary>
    /// <param name="allocated">The bytes allocated since the daemon's start.</param>
    internal bool IsDue(long allocated)
    {
        var busy = allocated - _before > BusyBytes;
        (_before, _last) = (_last, allocated);
        if (busy || allocated - _returned < WorthwhileBytes)
        {
            return false;
        }

        _returned = allocated;
        return true;
    }

    // A few milliseconds with the few megabytes that live.
    private static void Return()
    {
        lock (s_returning)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            _ = malloc.malloc_trim(0);
            if (!RuntimeFeature.IsDynamicCodeSupported)
            {
                // A runtime that compiles may just be changing code of its own.
                ReleasePages();
            }
        }
    }

    private static void ReleasePages()
    {
        try
        {
            ProgramPages.Release();
        }
        catch (IOException)
        {
            // No descriptor is left, perhaps: they go the next time.
        }
    }
}
