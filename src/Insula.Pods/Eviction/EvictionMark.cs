using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;

namespace Insula.Pods.Eviction;

/// <summary>
/// The condition that says that a pod is evicted and why, as a kubelet sets it (KEP-3329). It is written before anything of the pod is ended, and it alone is
/// what ends it: whichever daemon reads it goes on.
/// </summary>
public static class EvictionMark
{
    private const string Reason = "TerminationByKubelet";

    /// <summary>Why a pod is evicted; null when it is not.</summary>
    public static string? Of(PodStatus status) => Find(status) is { } mark ? mark.Message ?? "" : null;

    /// <summary>Since when a pod is evicted; null when it is not.</summary>
    public static DateTimeOffset? Since(PodStatus status) => Find(status) is { } mark ? mark.LastTransitionTime ?? DateTimeOffset.MinValue : null;

    /// <summary>Sets it.</summary>
    /// <param name="document">The pod; changed in place.</param>
    /// <param name="message">Why.</param>
    /// <param name="now">The time.</param>
    /// <returns>False when it had one already, or has ended: nothing is changed.</returns>
    internal static bool Set(JsonObject document, string message, DateTimeOffset now)
    {
        var status = document["status"] is JsonObject there ? ApiJson.Read<PodStatus>(there) : new PodStatus();
        if (status.Phase is PodPhases.Succeeded or PodPhases.Failed || Of(status) is not null)
        {
            return false;
        }

        DisruptionCondition.Set(document, Reason, message, now);
        return true;
    }

    private static PodCondition? Find(PodStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
        return status.Conditions.FirstOrDefault(c => c is { Type: PodConditionTypes.DisruptionTarget, Status: ConditionStatuses.True, Reason: Reason });
    }
}
