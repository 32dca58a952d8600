using Insula.Store;
using Microsoft.Extensions.Logging;

namespace Insula.Pods.Configs;

/// <summary>Tells when a ConfigMap or Secret has appeared, changed or gone.</summary>
internal sealed partial class ReferenceWatch(IObjectStore store, Action<ObjectKey?> changed, ILogger logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _watching = Task.CompletedTask;

    /// <summary>Begins to watch.</summary>
    /// <param name="since">The version from which on everything is told.</param>
    public void Start(long since) => _watching = Task.WhenAll(WatchAsync(ConfigSource.ConfigMaps, since), WatchAsync(ConfigSource.Secrets, since));

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _watching;
        _stopping.Dispose();
    }

    private async Task WatchAsync(string resource, long? since)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                using var watch = store.Watch(resource, null, since);
                await foreach (var change in watch.Events.ReadAllAsync(_stopping.Token))
                {
                    since = change.ResourceVersion;
                    if ((change.Object ?? change.Previous) is { } stored)
                    {
                        changed(stored.Key);
                    }
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
            catch (StoreException e)
            {
                // Dropped as too slow, or too far behind: everybody looks again.
                LogWatch(logger, resource, e);
                since = store.List(resource, null).ResourceVersion;
                changed(null);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the watch on {Resource} ended; all pods that name one look again")]
    private static partial void LogWatch(ILogger logger, string resource, Exception exception);
}
