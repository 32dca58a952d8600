using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Store;
using Insulad.Configuration;
using Insulad.Http.Strategies;

namespace Insulad.Hosting;

/// <summary>Events about objects that the daemon sees to. One that repeats raises the count of the first.</summary>
internal sealed class ObjectEvents(IObjectStore store, DaemonOptions options, TimeProvider time)
{
    private const string Resource = "events";
    private const int Remembered = 1000;

    private readonly Dictionary<(string Uid, string Type, string Reason, string Message), (ObjectKey Key, int Count)> _known = [];
    private long _lastTicks;

    /// <summary>Tells something about an object; of one without a namespace in the default one.</summary>
    public async Task TellAsync(StoredObject about, string type, string reason, string message, CancellationToken ct)
    {
        var space = about.Key.Namespace.Length > 0 ? about.Key.Namespace : "default";
        if (store.Get(new ObjectKey("namespaces", "", space)) is not { } ns || ns.ToDocument()["metadata"]!["deletionTimestamp"] is not null)
        {
            // Nothing new comes into a namespace that is being emptied.
            return;
        }

        var now = time.GetUtcNow();
        var said = (about.Uid, type, reason, message);
        if (_known.TryGetValue(said, out var known))
        {
            try
            {
                await store.UpdateAsync(known.Key, d => Repeated(d, known.Count + 1, now), UpdateOptions.Status, ct);
                _known[said] = known with { Count = known.Count + 1 };
                return;
            }
            catch (StoreException e) when (e.Error is StoreError.NotFound)
            {
                // Expired or deleted meanwhile: told anew.
            }
        }

        if (_known.Count >= Remembered)
        {
            _known.Clear();
        }

        var kind = StrategyTable.Of(about.Key.Resource).Kind;
        var involved = new ObjectReference
        {
            Kind = kind.Kind,
            ApiVersion = kind.ApiVersion,
            Namespace = about.Key.Namespace.Length > 0 ? about.Key.Namespace : null,
            Name = about.Key.Name,
            Uid = about.Uid,
            ResourceVersion = about.ResourceVersion.ToString(CultureInfo.InvariantCulture),
        };
        _known[said] = (await WriteAsync(space, involved, type, reason, message, now, ct), 1);
    }

    /// <summary>Tells something about the machine, where there may be no object that it could be about.</summary>
    public Task TellOfMachineAsync(string type, string reason, string message, CancellationToken ct) => WriteAsync(
        "default", new ObjectReference { Kind = "Node", ApiVersion = "v1", Name = options.NodeName, Uid = options.NodeName }, type, reason, message, time.GetUtcNow(), ct);

    private async Task<ObjectKey> WriteAsync(
        string space, ObjectReference involved, string type, string reason, string message, DateTimeOffset now, CancellationToken ct)
    {
        _lastTicks = Math.Max(now.UtcTicks, _lastTicks + 1);
        var key = new ObjectKey(Resource, space, string.Create(CultureInfo.InvariantCulture, $"{involved.Name}.{_lastTicks:x16}"));
        var written = new Event
        {
            Metadata = new ObjectMeta { Name = key.Name, Namespace = key.Namespace },
            InvolvedObject = involved,
            Reason = reason,
            Message = message,
            Type = type,
            Source = new EventSource { Component = "insulad", Host = options.NodeName },
            ReportingComponent = "insulad",
            ReportingInstance = options.NodeName,
            FirstTimestamp = now,
            LastTimestamp = now,
            Count = 1,
        };
        await store.CreateAsync(key, ApiJson.ToJson(written), ct, Durability.Coalesced);
        return key;
    }

    private static JsonObject Repeated(JsonObject document, int count, DateTimeOffset now)
    {
        document["count"] = count;
        document["lastTimestamp"] = TimeConverter.Format(now);
        return document;
    }
}
