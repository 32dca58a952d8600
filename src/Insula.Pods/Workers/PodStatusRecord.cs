using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Pods.Lifecycle;
using Insula.Pods.Timing;
using Insula.Store;
using Microsoft.Extensions.Logging;

namespace Insula.Pods.Workers;

/// <summary>The status of one pod as the store has it: written when it differs, and without what others set in it.</summary>
internal sealed partial class PodStatusRecord(IObjectStore store, ObjectKey key, Pod pod, ILogger logger)
{
    private readonly string _uid = pod.Metadata.Uid!;
    private string _written = ApiJson.ToText(pod.Status);
    private long _known = Version(pod.Metadata.ResourceVersion);

    /// <summary>The conditions to show: what others set (readiness gates) is theirs, the newest there is, not what this worker saw last.</summary>
    public static List<PodCondition> WithOthers(IReadOnlyList<PodCondition> own, IReadOnlyList<PodCondition> others) =>
        [.. own.Where(c => PodConditions.IsOwn(c.Type)), .. others.Where(c => !PodConditions.IsOwn(c.Type))];

    /// <summary>Whether a version says nothing new: all that others had changed until then was read, and the rest was written here.</summary>
    public bool Knows(StoredObject stored) => stored.ResourceVersion <= _known;

    /// <summary>The store has this now, by another's hand.</summary>
    public void Read(StoredObject stored, PodStatus status)
    {
        _known = stored.ResourceVersion;
        _written = ApiJson.ToText(status);
    }

    /// <summary>Has the store have this status.</summary>
    /// <returns>False when it could not be stored, which is logged, and is to be tried again.</returns>
    public async Task<bool> WriteAsync(PodStatus status, Durability durability, CancellationToken cancellationToken)
    {
        var text = ApiJson.ToText(status);
        if (text == _written)
        {
            return true;
        }

        try
        {
            using var whole = PodTracing.For($"status {status.Phase}{(status.Conditions.Any(c => c is { Type: "Ready", Status: "True" }) ? ", ready" : "")}", _uid);
            var node = JsonNode.Parse(text)!;
            var basis = 0L;
            var stored = await store.UpdateAsync(
                key,
                document =>
                {
                    basis = Version((string?)document["metadata"]?["resourceVersion"]);
                    var others = document["status"] is JsonObject there ? ApiJson.Read<PodStatus>(there).Conditions : [];
                    node["conditions"] = ApiJson.ToJson(status with { Conditions = WithOthers(status.Conditions, others) })["conditions"]?.DeepClone();
                    document["status"] = node;
                    return document;
                },
                // What was evicted gives back what it holds only after this: also on a full disk.
                UpdateOptions.Status with { Uid = _uid, Durability = durability, MayUseReserve = status.Reason == Reasons.Evicted },
                cancellationToken);
            _written = text;

            // On top of another's change it is as little known as that, until the watch tells: a deletion would be missed.
            if (basis == _known)
            {
                _known = stored.ResourceVersion;
            }

            return true;
        }
        catch (StoreException e) when (e.Error is StoreError.NotFound or StoreError.Conflict)
        {
            // The object is gone: the watch tells so next.
            _written = text;
            return true;
        }
        catch (StoreException e)
        {
            LogStatus(logger, key.Namespace, key.Name, e);
            return false;
        }
    }

    private static long Version(string? resourceVersion) => long.Parse(resourceVersion ?? throw new ArgumentException("a stored pod has a version", nameof(resourceVersion)), CultureInfo.InvariantCulture);

    [LoggerMessage(Level = LogLevel.Warning, Message = "pod {Namespace}/{Pod}: its status could not be stored; it is tried again")]
    private static partial void LogStatus(ILogger logger, string @namespace, string pod, Exception exception);
}
