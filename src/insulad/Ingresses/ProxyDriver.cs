using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Insulad.Ingresses;

/// <summary>Leads the HAProxies of all pods, each by a pilot of its own. By one caller at a time.</summary>
internal sealed class ProxyDriver(ProxyLink link, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private readonly Dictionary<string, ProxyPilot> _pilots = [];
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Something to read when a proxy has come to where it should be, or refuses to be led there.</summary>
    public ChannelReader<bool> News => _news.Reader;

    /// <summary>Whether some HAProxy does not take the configuration it was last given.</summary>
    public bool Refused => _pilots.Values.Any(p => p.Refused);

    /// <summary>How many places each backend has, in the HAProxy that has most; a daemon that knows of none asks all, and is content with the first that answers.</summary>
    public async Task<IReadOnlyDictionary<string, int>> PlacesAsync(IReadOnlyList<ProxyPod> pods, CancellationToken ct)
    {
        if (_pilots.Count > 0)
        {
            return _pilots.Values.SelectMany(p => p.Places).GroupBy(p => p.Key, p => p.Value).ToDictionary(p => p.Key, p => p.Max());
        }

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var asked = pods.Select(pod => link.ReadAsync(pod.Name, enough.Token)).ToList();
        try
        {
            await foreach (var answer in Task.WhenEach(asked))
            {
                if (await answer is { } state)
                {
                    return state.Places;
                }
            }

            return new Dictionary<string, int>();
        }
        finally
        {
            await enough.CancelAsync();
            await Task.WhenAll(asked.Cast<Task>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Leaves all others alone.</summary>
    public async Task KeepAsync(IReadOnlyList<ProxyPod> pods)
    {
        foreach (var gone in _pilots.Keys.Except(pods.Select(Key)).ToList())
        {
            _pilots.Remove(gone, out var pilot);
            await pilot!.DisposeAsync();
        }
    }

    /// <summary>Has pods be led to where they should be. That goes on afterwards, until each is there.</summary>
    public void Steer(IReadOnlyList<ProxyPod> pods, ProxyGoal goal)
    {
        foreach (var pod in pods)
        {
            if (!_pilots.TryGetValue(Key(pod), out var pilot))
            {
                _pilots[Key(pod)] = pilot = new ProxyPilot(pod.Name, link, time, () => _news.Writer.TryWrite(true), logger);
            }

            pilot.Steer(goal, pod.Ending);
        }
    }

    /// <summary>Whether the HAProxy of a pod is as it should be.</summary>
    public bool HasReached(ProxyPod pod) => _pilots.TryGetValue(Key(pod), out var pilot) && pilot.HasReached;

    public async ValueTask DisposeAsync() => await KeepAsync([]);

    private static string Key(ProxyPod pod) => $"{pod.Uid} {pod.Container}";
}
