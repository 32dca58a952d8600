using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Pods.Lifecycle;
using Insula.Pods.Timing;
using Insula.Store;
using Microsoft.Extensions.Logging;

namespace Insula.Pods.Workers;

/// <summary>The status of one pod as the store has it: written when it differs, and without what others set in it.</summary>
internal sealed partial class PodStatusRecord(PodServices services, ObjectKey key, Pod pod)
{
    private readonly ILogger _logger = services.Loggers.CreateLogger<PodWorker>();
    private readonly string _uid = pod.Metadata.Uid!;
    private string _written = ApiJson.ToText(pod.Status);
    private long _version;

    /// <summary>The conditions to show: what others set (readiness gates) is theirs, the newest there is, not what this worker saw last.</summary>
    public static List<PodCondition> WithOthers(IReadOnlyList<PodCondition> own, IReadOnlyList<PodCondition> others) =>
        [.. own.Where(c => PodConditions.IsOwn(c.Type)), .. others.Where(c => !PodConditions.IsOwn(c.Type))];

    /// <summary>Whether a version is the one that this wrote last.</summary>
    public bool IsOwn(StoredObject stored) => stored.ResourceVersion == _version;

    /// <summary>The store has this now, by another's hand.</summary>
    public void Read(PodStatus stored) => _written = ApiJson.ToText(stored);

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
            var stored = await services.Store.UpdateAsync(
                key,
                document =>
                {
                    var others = document["status"] is JsonObject there ? ApiJson.Read<PodStatus>(there).Conditions : [];
                    node["conditions"] = ApiJson.ToJson(status with { Conditions = WithOthers(status.Conditions, others) })["conditions"]?.DeepClone();
                    document["status"] = node;
                    return document;
                },
                UpdateOptions.Status with { Uid = _uid, Durability = durability },
                cancellationToken);
            _written = text;
            _version = stored.ResourceVersion;
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
            LogStatus(_logger, key.Namespace, key.Name, e);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "pod {Namespace}/{Pod}: its status could not be stored; it is tried again")]
    private static partial void LogStatus(ILogger logger, string @namespace, string pod, Exception exception);
}
