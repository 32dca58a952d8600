using Insula.Pods.Claims;
using Insula.Store;
using Microsoft.Extensions.Logging;

namespace Insula.Pods.Configs;

/// <summary>Tells when a ConfigMap, Secret or claim has appeared, changed or gone.</summary>
internal sealed class ReferenceWatch : IAsyncDisposable
{
    private readonly IReadOnlyList<StoreWatch> _watches;

    /// <summary>Makes it; nothing is watched before <see cref="Start"/>.</summary>
    /// <param name="store">The objects.</param>
    /// <param name="changed">Takes the key of what has changed; null when it may have been any.</param>
    /// <param name="clock">The time.</param>
    /// <param name="logger">Where to log.</param>
    public ReferenceWatch(IObjectStore store, Action<ObjectKey?> changed, TimeProvider clock, ILogger logger)
    {
        _watches = [.. ((string[])[ConfigSource.ConfigMaps, ConfigSource.Secrets, ClaimedVolumes.Claims]).Select(resource => new StoreWatch(store, resource, Told, LookAgain(resource), clock, logger))];

        Task Told(WatchEvent change)
        {
            if ((change.Object ?? change.Previous) is { } stored)
            {
                changed(stored.Key);
            }

            return Task.CompletedTask;
        }

        Func<Task<long>> LookAgain(string resource) => () =>
        {
            var version = store.List(resource, null).ResourceVersion;
            changed(null);
            return Task.FromResult(version);
        };
    }

    /// <summary>Begins to watch.</summary>
    /// <param name="since">The version from which on everything is told.</param>
    public void Start(long since)
    {
        foreach (var watch in _watches)
        {
            watch.Start(since);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var watch in _watches)
        {
            await watch.DisposeAsync();
        }
    }
}
