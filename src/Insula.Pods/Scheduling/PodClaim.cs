using Insula.Api.Core;
using Insula.Api.Nodes;
using Insula.Api.Pods;
using Insula.Pods.Eviction;
using Insula.Pods.Resizing;

namespace Insula.Pods.Scheduling;

/// <summary>What a pod claims of the machine.</summary>
/// <param name="Uid">The pod.</param>
/// <param name="Name">Namespace and name, for people.</param>
/// <param name="Requests">What its containers want together; init containers run alone, so the largest of them counts (KEP-753).</param>
/// <param name="Priority">Who has more is placed first, and may displace.</param>
/// <param name="Displaces">Whether it may displace pods of less priority (<c>preemptionPolicy</c>).</param>
/// <param name="CreatedAt">Of pods of the same priority, the older is placed first.</param>
/// <param name="Stage">Where it stands.</param>
public sealed record PodClaim(string Uid, string Name, Amounts Requests, int Priority, bool Displaces, DateTimeOffset CreatedAt, ClaimStage Stage)
{
    /// <summary>The same by container.</summary>
    public IReadOnlyDictionary<string, ResourceRequirements> Resources { get; init; } = new Dictionary<string, ResourceRequirements>();

    /// <summary>What is set aside for it, once it has a place; null for what it wants.</summary>
    public Amounts? Allocated { get; init; }

    /// <summary>The same by container; null as long as it has no place.</summary>
    public IReadOnlyDictionary<string, ResourceRequirements>? AllocatedResources { get; init; }

    /// <summary>What its containers are held to, while that is not what is set aside.</summary>
    public Amounts Actual { get; init; }

    /// <summary>The room it takes, once it has a place: what is set aside, and what it had before as long as that is in force (KEP-1287).</summary>
    public Amounts Held => Amounts.Most(Allocated ?? Requests, Actual);

    /// <summary>Whether it wants something else than is set aside for it.</summary>
    public bool IsResizing => Stage == ClaimStage.Placed && AllocatedResources is { } allocated && !Allocation.AreSame(allocated, Resources);

    /// <summary>Since when; of pods of the same priority and class the first is first.</summary>
    public DateTimeOffset ResizingSince { get; init; }

    /// <summary>Its quality of service: of pods of the same priority Guaranteed ones are resized first.</summary>
    public string QosClass { get; init; } = QosClasses.BestEffort;

    /// <summary>Whether others were told to go for it: their room is kept for it.</summary>
    public bool Awaited { get; init; }

    /// <summary>Whether it gets a place also on a machine that takes no further pods: static pods, DaemonSets', and those that tolerate the taint.</summary>
    public bool PassesCordon { get; init; }

    /// <summary>Whether it gets a place also while the machine is short of memory: all but those of the class BestEffort, and those that tolerate the taint.</summary>
    public bool PassesMemoryPressure { get; init; }

    /// <summary>Whether the machine cannot do without it, as with a kubelet: it gets a place under every pressure, and is not evicted.</summary>
    public bool IsCritical { get; init; }

    /// <summary>The claim of a pod that waits.</summary>
    public static PodClaim Of(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        var isOfDaemonSet = pod.Metadata.OwnerReferences.Any(o => o is { Controller: true, Kind: "DaemonSet" });
        var isCritical = CriticalPods.Has(pod);
        return new PodClaim(
            pod.Metadata.Uid ?? "",
            $"{pod.Metadata.Namespace}/{pod.Metadata.Name}",
            Amounts.Of(pod.Spec),
            pod.Spec.Priority ?? 0,
            pod.Spec.PreemptionPolicy != "Never",
            pod.Metadata.CreationTimestamp ?? DateTimeOffset.MinValue,
            ClaimStage.Waiting)
        {
            Resources = Allocation.Of(pod.Spec),
            QosClass = PodQos.Of(pod.Spec),
            PassesCordon = StaticPodUid.Is(pod.Metadata.Uid) || isOfDaemonSet || Cordon.IsTolerated(pod.Spec.Tolerations),
            PassesMemoryPressure = isCritical || isOfDaemonSet || PodQos.Of(pod.Spec) != QosClasses.BestEffort
                || pod.Spec.Tolerations.Any(t => t.Tolerates(PressureTaints.Memory, PressureTaints.Effect)),
            IsCritical = isCritical,
        };
    }
}
