using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;

namespace Insula.Pods.Eviction;

/// <summary>The condition <c>DisruptionTarget</c>: a pod is ended for the sake of others.</summary>
public static class DisruptionCondition
{
    /// <summary>Sets it, in place of an earlier one.</summary>
    /// <param name="document">The pod; changed in place.</param>
    /// <param name="reason">One word.</param>
    /// <param name="message">For people.</param>
    /// <param name="now">The time.</param>
    /// <param name="graceSeconds">How long the pod has at most; null where its reason says so.</param>
    public static void Set(JsonObject document, string reason, string message, DateTimeOffset now, long? graceSeconds = null)
    {
        ArgumentNullException.ThrowIfNull(document);
        var status = document["status"] as JsonObject ?? [];
        document["status"] = status;
        var conditions = status["conditions"] as JsonArray ?? [];
        var condition = new JsonObject
        {
            ["type"] = PodConditionTypes.DisruptionTarget,
            ["status"] = ConditionStatuses.True,
            ["reason"] = reason,
            ["message"] = message,
            ["lastTransitionTime"] = TimeConverter.Format(now),
        };
        if (graceSeconds is not null)
        {
            condition["gracePeriodSeconds"] = graceSeconds;
        }

        status["conditions"] = new JsonArray(
        [
            .. conditions.Where(c => (string?)c?["type"] != PodConditionTypes.DisruptionTarget).Select(c => c?.DeepClone()),
            condition,
        ]);
    }
}
