using Insula.Store;
using Microsoft.Extensions.Logging;

namespace Insula.Pods;

/// <summary>
/// Follows the objects of one kind until it is disposed or the store closes. Nobody awaits it meanwhile, and what it feeds would stand still unheard if
/// it ended: whatever disturbs it is told, and all that is there is looked at anew.
/// </summary>
/// <param name="store">The objects.</param>
/// <param name="resource">Their kind.</param>
/// <param name="changed">Takes one change.</param>
/// <param name="lookAgain">Takes all there is now, after changes were missed; answers the version from which on changes are wanted.</param>
/// <param name="clock">The time.</param>
/// <param name="logger">Where to log.</param>
internal sealed partial class StoreWatch(
    IObjectStore store, string resource, Func<WatchEvent, Task> changed, Func<Task<long>> lookAgain, TimeProvider clock, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stopping = new();
    private Task _watching = Task.CompletedTask;

    /// <summary>Begins to watch.</summary>
    /// <param name="since">The version from which on everything is told.</param>
    public void Start(long since) => _watching = Task.Run(() => WatchAsync(since), CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        await _stopping.CancelAsync();
        await _watching;
        _stopping.Dispose();
    }

    private async Task WatchAsync(long since)
    {
        var missed = false;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                if (missed)
                {
                    since = await lookAgain();
                    missed = false;
                }

                using var watch = store.Watch(resource, null, since);
                await foreach (var change in watch.Events.ReadAllAsync(_stopping.Token))
                {
                    since = change.ResourceVersion;
                    await changed(change);
                }
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (StoreException e) when (e.Error is StoreError.Closed)
            {
                return;
            }
            catch (StoreException e) when (e.Error is StoreError.SlowWatcher or StoreError.Gone && !missed)
            {
                // Dropped as too slow, or too far behind.
                LogMissed(logger, resource, e);
                missed = true;
            }
            catch (Exception e)
            {
                LogDisturbed(logger, resource, s_pause.TotalSeconds, e);
                missed = true;
                await Task.Delay(s_pause, clock, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the watch on {Resource} ended; listing again")]
    private static partial void LogMissed(ILogger logger, string resource, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "following {Resource} failed; listing again in {Seconds} s")]
    private static partial void LogDisturbed(ILogger logger, string resource, double seconds, Exception exception);
}
