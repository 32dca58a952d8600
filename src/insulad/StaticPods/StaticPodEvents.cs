using System.Globalization;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Store;
using Insulad.Configuration;

namespace Insulad.StaticPods;

/// <summary>Events about manifests of this machine that cannot be taken.</summary>
internal sealed class StaticPodEvents(IObjectStore store, DaemonOptions options, TimeProvider time)
{
    private const string Namespace = "default";
    private long _lastTicks;

    /// <summary>Tells of a file's problem, as one of the machine: there may be no pod that it could be about.</summary>
    public async Task WarnAsync(string message, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        _lastTicks = Math.Max(now.UtcTicks, _lastTicks + 1);
        var key = new ObjectKey("events", Namespace, string.Create(CultureInfo.InvariantCulture, $"{options.NodeName}.{_lastTicks:x16}"));
        var written = new Event
        {
            Metadata = new ObjectMeta { Name = key.Name, Namespace = key.Namespace },
            InvolvedObject = new ObjectReference { Kind = "Node", ApiVersion = "v1", Name = options.NodeName, Uid = options.NodeName },
            Reason = "FailedStaticPod",
            Message = message,
            Type = EventTypes.Warning,
            Source = new EventSource { Component = "insulad", Host = options.NodeName },
            ReportingComponent = "insulad",
            ReportingInstance = options.NodeName,
            FirstTimestamp = now,
            LastTimestamp = now,
            Count = 1,
        };
        await store.CreateAsync(key, ApiJson.ToJson(written), ct, Durability.Coalesced);
    }
}
