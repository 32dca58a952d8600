using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Store;
using Microsoft.Extensions.Logging;

namespace Insula.Pods.Events;

/// <summary>
/// Writes events into the store. An event that repeats raises the count of the first one instead of adding another;
/// how long they stay is the store's keeper's to say. Recording never waits: a queue decouples the workers from the disk, and what does not fit is counted
/// and logged.
/// </summary>
internal sealed partial class EventRecorder : IAsyncDisposable
{
    private const string Resource = "events";
    private const int QueueLength = 10_000;
    private const int RememberedLimit = 20_000;

    private readonly IObjectStore _store;
    private readonly TimeProvider _clock;
    private readonly PodOptions _options;
    private readonly ILogger _logger;
    private readonly Channel<PodEvent> _queue = Channel.CreateBounded<PodEvent>(
        new BoundedChannelOptions(QueueLength) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private readonly Dictionary<Key, Known> _known = [];
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _writing;
    private long _dropped;
    private long _lastTicks;

    public EventRecorder(IObjectStore store, PodOptions options, TimeProvider clock, ILogger logger)
    {
        _store = store;
        _options = options;
        _clock = clock;
        _logger = logger;
        _writing = WriteAllAsync();
    }

    public void Normal(Pod pod, string? container, string reason, string message) => Record(pod, container, EventTypes.Normal, reason, message);

    public void Warning(Pod pod, string? container, string reason, string message) => Record(pod, container, EventTypes.Warning, reason, message);

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writing;
        await _ending.CancelAsync();
        _ending.Dispose();
    }

    private void Record(Pod pod, string? container, string type, string reason, string message)
    {
        var list = container is null ? null
            : pod.Spec.InitContainers.Any(c => c.Name == container) ? "initContainers"
            : pod.Spec.EphemeralContainers.Any(c => c.Name == container) ? "ephemeralContainers" : "containers";
        if (!_queue.Writer.TryWrite(new PodEvent(pod, container, list, type, reason, message)))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    private async Task WriteAllAsync()
    {
        await foreach (var item in _queue.Reader.ReadAllAsync())
        {
            try
            {
                await WriteAsync(item);
            }
            catch (StoreException e)
            {
                LogLost(_logger, item.Reason, item.Pod.Metadata.Name, e);
            }

            if (Interlocked.Exchange(ref _dropped, 0) is > 0 and var dropped)
            {
                LogDropped(_logger, dropped);
            }
        }
    }

    private async Task WriteAsync(PodEvent item)
    {
        var now = _clock.GetUtcNow();
        var path = item.Container is null ? null : $"spec.{item.List}{{{item.Container}}}";
        var key = new Key(item.Pod.Metadata.Uid ?? "", path, item.Type, item.Reason, item.Message);
        if (_known.TryGetValue(key, out var known))
        {
            var count = known.Count + 1;
            _known[key] = known with { Count = count, Last = now };
            try
            {
                await _store.UpdateAsync(known.Object, document => Repeated(document, count, now), UpdateOptions.Status, _ending.Token);
                return;
            }
            catch (StoreException e) when (e.Error == StoreError.NotFound)
            {
                // Expired or deleted meanwhile: told anew.
                _known.Remove(key);
            }
        }

        if (_known.Count >= RememberedLimit)
        {
            Forget(now - _options.EventLifetime);
        }

        var space = item.Pod.Metadata.Namespace ?? "default";

        // Kubernetes names them by the time; one more where two fall on the same tick.
        _lastTicks = Math.Max(now.UtcTicks, _lastTicks + 1);
        var name = string.Create(CultureInfo.InvariantCulture, $"{item.Pod.Metadata.Name}.{_lastTicks:x16}");
        var written = new Event
        {
            Metadata = new ObjectMeta { Name = name, Namespace = space },
            InvolvedObject = new ObjectReference
            {
                Kind = "Pod",
                ApiVersion = "v1",
                Namespace = space,
                Name = item.Pod.Metadata.Name,
                Uid = item.Pod.Metadata.Uid,
                ResourceVersion = item.Pod.Metadata.ResourceVersion,
                FieldPath = path,
            },
            Reason = item.Reason,
            Message = item.Message,
            Type = item.Type,
            Source = new EventSource { Component = "insulad", Host = _options.NodeName },
            ReportingComponent = "insulad",
            ReportingInstance = _options.NodeName,
            FirstTimestamp = now,
            LastTimestamp = now,
            Count = 1,
        };
        var stored = await _store.CreateAsync(new ObjectKey(Resource, space, name), ApiJson.ToJson(written), _ending.Token, Durability.Coalesced);
        _known[key] = new Known(stored.Key, 1, now);
    }

    private static JsonObject Repeated(JsonObject document, int count, DateTimeOffset now)
    {
        document["count"] = count;
        document["lastTimestamp"] = TimeConverter.Format(now);
        return document;
    }

    private void Forget(DateTimeOffset before)
    {
        foreach (var (key, _) in _known.Where(k => k.Value.Last < before).ToList())
        {
            _known.Remove(key);
        }

        // All of them recent: a storm. Starting over costs a second event each, no memory.
        if (_known.Count >= RememberedLimit)
        {
            _known.Clear();
        }
    }

    private sealed record Key(string Uid, string? Path, string Type, string Reason, string Message);

    private sealed record Known(ObjectKey Object, int Count, DateTimeOffset Last);

    [LoggerMessage(Level = LogLevel.Warning, Message = "event {Reason} of pod {Pod} could not be stored")]
    private static partial void LogLost(ILogger logger, string reason, string pod, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} events were dropped: they came faster than they could be stored")]
    private static partial void LogDropped(ILogger logger, long count);
}
