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

    // What a container has if its pod gives it no less; the kubelet's figure for hard thresholds and for limits.
    private static readonly TimeSpan s_hardGrace = TimeSpan.FromSeconds(1);

    /// <summary>Why a pod is evicted; null when it is not.</summary>
    public static string? Of(PodStatus status) => Find(status) is { } mark ? mark.Message ?? "" : null;

    /// <summary>Since when a pod is evicted; null when it is not.</summary>
    public static DateTimeOffset? Since(PodStatus status) => Find(status) is { } mark ? mark.LastTransitionTime ?? DateTimeOffset.MinValue : null;

    /// <summary>How long a pod has at most that is evicted; null when it is not.</summary>
    public static TimeSpan? Grace(PodStatus status) =>
        Find(status) is not { } mark ? null : mark.GracePeriodSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : s_hardGrace;

    /// <summary>Has a pod that is evicted within a grace of its own end as one of a hard threshold.</summary>
    /// <param name="document">The pod; changed in place.</param>
    /// <returns>False when it is not, or has no more already: nothing is changed.</returns>
    internal static bool Hurry(JsonObject document) => document["status"]?["conditions"] is JsonArray conditions
        && conditions.OfType<JsonObject>().FirstOrDefault(c => (string?)c["type"] == PodConditionTypes.DisruptionTarget && (string?)c["reason"] == Reason) is { } mark
        && mark["gracePeriodSeconds"] is { } seconds && (long)seconds > s_hardGrace.TotalSeconds && mark.Remove("gracePeriodSeconds");

    /// <summary>Sets it.</summary>
    /// <param name="document">The pod; changed in place.</param>
    /// <param name="message">Why.</param>
    /// <param name="now">The time.</param>
    /// <param name="grace">How long it has at most; null for no longer than for a hard threshold.</param>
    /// <returns>False when it had one already, or has ended: nothing is changed.</returns>
    internal static bool Set(JsonObject document, string message, DateTimeOffset now, TimeSpan? grace = null)
    {
        var status = document["status"] is JsonObject there ? ApiJson.Read<PodStatus>(there) : new PodStatus();
        if (status.Phase is PodPhases.Succeeded or PodPhases.Failed || Of(status) is not null)
        {
            return false;
        }

        DisruptionCondition.Set(document, Reason, message, now, grace is { } most ? (long)Math.Ceiling(most.TotalSeconds) : null);
        return true;
    }

    private static PodCondition? Find(PodStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
        return status.Conditions.FirstOrDefault(c => c is { Type: PodConditionTypes.DisruptionTarget, Status: ConditionStatuses.True, Reason: Reason });
    }
}
