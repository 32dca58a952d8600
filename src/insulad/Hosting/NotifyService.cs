using Insula.Store;
using Microsoft.Extensions.Hosting;

namespace Insulad.Hosting;

/// <summary>
/// READY once everything has started, STOPPING at the end, WATCHDOG in between: at a third of the interval, and only
/// while the store answers, so that a daemon that hangs is restarted.
/// </summary>
internal sealed class NotifyService(SystemdNotifier notifier, IHostApplicationLifetime lifetime, IObjectStore store, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ready = lifetime.ApplicationStarted.Register(() => notifier.Ready("serving"));
        using var stopping = lifetime.ApplicationStopping.Register(notifier.Stopping);
        using var timer = new PeriodicTimer(notifier.WatchdogInterval is { } interval ? interval / 3 : Timeout.InfiniteTimeSpan, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await store.UpdateAsync(new ObjectKey("namespaces", "", "default"), _ => null, UpdateOptions.Status, stoppingToken);
                notifier.Watchdog();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
    }
}
