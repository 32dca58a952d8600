using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Store;
using Insula.Workloads;
using Insulad.Configuration;

namespace Insulad.Workloads;

/// <summary>Events about workloads. One that repeats raises the count of the first.</summary>
internal sealed class WorkloadEvents(IObjectStore store, DaemonOptions options, TimeProvider time)
{
    private const string Resource = "events";
    private const int Remembered = 1000;

    private readonly Dictionary<(string Uid, WorkloadNote Note), (ObjectKey Key, int Count)> _known = [];
    private long _lastTicks;

    public async Task TellAsync(Workload about, WorkloadNote note, CancellationToken ct)
    {
        if (store.Get(new ObjectKey("namespaces", "", about.Namespace)) is not { } ns || ns.ToDocument()["metadata"]!["deletionTimestamp"] is not null)
        {
            // Nothing new comes into a namespace that is being emptied.
            return;
        }

        var now = time.GetUtcNow();
        if (_known.TryGetValue((about.Stored.Uid, note), out var known))
        {
            try
            {
                await store.UpdateAsync(known.Key, d => Repeated(d, known.Count + 1, now), UpdateOptions.Status, ct);
                _known[(about.Stored.Uid, note)] = known with { Count = known.Count + 1 };
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

        _lastTicks = Math.Max(now.UtcTicks, _lastTicks + 1);
        var kind = WorkloadKinds.Find(about.Key.Resource)!;
        var key = new ObjectKey(Resource, about.Namespace, string.Create(CultureInfo.InvariantCulture, $"{about.Key.Name}.{_lastTicks:x16}"));
        var written = new Event
        {
            Metadata = new ObjectMeta { Name = key.Name, Namespace = key.Namespace },
            InvolvedObject = new ObjectReference
            {
                Kind = kind.Kind,
                ApiVersion = kind.ApiVersion,
                Namespace = about.Namespace,
                Name = about.Key.Name,
                Uid = about.Stored.Uid,
                ResourceVersion = about.Metadata.ResourceVersion,
            },
            Reason = note.Reason,
            Message = note.Message,
            Type = note.Type,
            Source = new EventSource { Component = "insulad", Host = options.NodeName },
            ReportingComponent = "insulad",
            ReportingInstance = options.NodeName,
            FirstTimestamp = now,
            LastTimestamp = now,
            Count = 1,
        };
        await store.CreateAsync(key, ApiJson.ToJson(written), ct, Durability.Coalesced);
        _known[(about.Stored.Uid, note)] = (key, 1);
    }

    private static JsonObject Repeated(JsonObject document, int count, DateTimeOffset now)
    {
        document["count"] = count;
        document["lastTimestamp"] = TimeConverter.Format(now);
        return document;
    }
}
