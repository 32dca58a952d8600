using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Api.Priorities;

namespace Insula.Pods.Eviction;

/// <summary>Pods that the machine cannot do without.</summary>
public static class CriticalPods
{
    /// <summary>Whether a pod is one, by a kubelet's rule: a static one, or one of a priority kept for the system.</summary>
    public static bool Has(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return StaticPodUid.Is(pod.Metadata.Uid) || pod.Spec.Priority >= SystemPriorityClasses.LowestCritical;
    }
}
