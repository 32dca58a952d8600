using Insula.Ingresses.Configuration;
using Insula.Ingresses.Model;
using Insula.Ingresses.Runtime;
using Microsoft.Extensions.Logging;

namespace Insulad.Ingresses;

/// <summary>
/// Brings the HAProxy of each pod to what should be: pods that come and go by commands, another configuration by having it loaded. It holds nothing that HAProxy does not tell, but
/// when it may be asked again.
/// </summary>
internal sealed partial class ProxyDriver(ProxyLink link, ProxySettings settings, TimeProvider time, ILogger logger)
{
    // How long the files of a Secret take to be in the pod, and HAProxy to be at work with them.
    private static readonly TimeSpan s_settling = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(1);

    // How long HAProxy may take to load a configuration; longer, it has refused it.
    private static readonly TimeSpan s_loading = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, PodRecord> _pods = [];

    private Dictionary<string, int>? _places;

    /// <summary>How many places each backend has, in the HAProxy asked last; a daemon that has asked none asks one.</summary>
    public async Task<IReadOnlyDictionary<string, int>> PlacesAsync(IEnumerable<ProxyPod> pods, CancellationToken ct)
    {
        foreach (var pod in _places is null ? pods : [])
        {
            if (await ReadAsync(pod, ct) is { } state)
            {
                _places = Count(state);
                break;
            }
        }

        return _places ?? [];
    }

    /// <summary>Whether HAProxy does not take the configuration it was last given.</summary>
    public bool Refused { get; private set; }

    /// <summary>Does the next step with a pod.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="files">The configuration it should have.</param>
    /// <param name="backends">Where requests should go.</param>
    /// <param name="written">When the configuration was written.</param>
    /// <param name="ct">Gives up.</param>
    /// <returns>When to go on; null when it is as it should be.</returns>
    public async Task<DateTimeOffset?> StepAsync(ProxyPod pod, ProxyFiles files, IReadOnlyList<Backend> backends, DateTimeOffset written, CancellationToken ct)
    {
        var key = $"{pod.Uid} {pod.Container}";
        var record = _pods.GetValueOrDefault(key) ?? new PodRecord();
        _pods[key] = record;
        var goal = files.Digest + "\n" + string.Join('\n', backends.Select(b => $"{b.Name} {string.Join(' ', b.Endpoints)}"));
        var now = time.GetUtcNow();
        if (record.Reached == goal)
        {
            return null;
        }

        if (record.Goal != goal)
        {
            (record.Goal, record.Delay, record.Next) = (goal, s_first, null);
        }
        else if (record.Next > now)
        {
            return record.Next;
        }

        record.Reached = null;
        var state = await ReadAsync(pod, ct);
        if (state is null)
        {
            return Later(record, now);
        }

        _places = Count(state);
        var commands = SlotPlan.Commands(backends, state.Slots);
        if (commands.Count > 0)
        {
            await link.AskAsync(pod.Name, [.. commands.Select(ToWorker)], ct);
            state = await ReadAsync(pod, ct);
            if (state is null || SlotPlan.Commands(backends, state.Slots).Count > 0)
            {
                return Later(record, now);
            }
        }

        if (state.Digest != files.Digest)
        {
            return await LoadAsync(pod, record, state.Worker, files.Digest, written, ct);
        }

        if (!state.Ready)
        {
            await link.AskAsync(pod.Name, [ToWorker($"add map {settings.Directory}/{ProxyFiles.State} {ProxyFiles.Ready} 1")], ct);
            return now; // and seen to be so
        }

        record.Reached = goal;
        Refused = false;
        LogReached(pod.Name, files.Digest, backends.Sum(b => b.Endpoints.Count));
        return null;
    }

    /// <summary>Forgets pods that are no more.</summary>
    public void Forget(IEnumerable<ProxyPod> living)
    {
        var keys = living.Select(p => $"{p.Uid} {p.Container}").ToHashSet();
        foreach (var key in _pods.Keys.Where(k => !keys.Contains(k)).ToList())
        {
            _pods.Remove(key);
        }
    }

    private static Dictionary<string, int> Count(ProxyState state) => state.Slots.GroupBy(s => s.Backend).ToDictionary(b => b.Key, b => b.Count());

    private static string ToWorker(string command) => "@1 " + command;

    private async Task<ProxyState?> ReadAsync(ProxyPod pod, CancellationToken ct) =>
        await link.AskAsync(pod.Name, [.. ProxyState.Questions(settings.Directory).Select(ToWorker)], ct) is { } answers ? ProxyState.Read(answers) : null;

    private async Task<DateTimeOffset?> LoadAsync(ProxyPod pod, PodRecord record, string worker, string digest, DateTimeOffset written, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        if (pod.Ending)
        {
            // It serves what it has to its end.
            return null;
        }

        if (now < written + s_settling)
        {
            return written + s_settling;
        }

        // As long as the one who was asked is the one who answers, the next one is still beginning, or was refused.
        if (record.Asked == worker && now < record.AskedAt + s_loading)
        {
            return Later(record, now);
        }

        if (record.Asked == worker)
        {
            Refused = true;
            LogRefused(pod.Name, digest);
        }

        (record.Asked, record.AskedAt, record.Delay) = (worker, now, s_first);
        await link.AskAsync(pod.Name, ["reload"], ct);
        return Later(record, now);
    }

    private static DateTimeOffset Later(PodRecord record, DateTimeOffset now)
    {
        record.Next = now + record.Delay;
        record.Delay = record.Delay * 2 < s_longest ? record.Delay * 2 : s_longest;
        return record.Next.Value;
    }

    private sealed class PodRecord
    {
        public string? Goal { get; set; }

        public string? Reached { get; set; }

        public DateTimeOffset? Next { get; set; }

        public TimeSpan Delay { get; set; } = s_first;

        public string? Asked { get; set; }

        public DateTimeOffset AskedAt { get; set; }
    }

    [LoggerMessage(1, LogLevel.Debug, "{Pod} serves configuration {Digest} with {Pods} places of pods")]
    private partial void LogReached(string pod, string digest, int pods);

    [LoggerMessage(2, LogLevel.Warning, "{Pod} does not take configuration {Digest}, and serves the one before; it is asked again (`insula logs -n insula-system POD` has what HAProxy says)")]
    private partial void LogRefused(string pod, string digest);
}
