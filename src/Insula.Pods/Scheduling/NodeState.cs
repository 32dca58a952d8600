using Insula.Api.Core;
using Insula.Api.Nodes;

namespace Insula.Pods.Scheduling;

/// <summary>What the machine's object says of further pods.</summary>
/// <param name="IsClosed">Whether it takes none (<c>cordon</c>).</param>
/// <param name="MemoryPressure">Whether it is short of memory.</param>
/// <param name="DiskPressure">Whether it is short of disk or inodes.</param>
/// <param name="PidPressure">Whether it is short of process ids.</param>
public readonly record struct NodeState(bool IsClosed = false, bool MemoryPressure = false, bool DiskPressure = false, bool PidPressure = false)
{
    /// <summary>As a Node says.</summary>
    public static NodeState Of(Node node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return new(node.Spec.Unschedulable, Has(NodeConditionTypes.MemoryPressure), Has(NodeConditionTypes.DiskPressure), Has(NodeConditionTypes.PidPressure));

        bool Has(string type) => node.Status.Conditions.Any(c => c.Type == type && c.Status == ConditionStatuses.True);
    }

    /// <summary>
    /// Why a pod gets no place, whatever room there is; null when that is not so. It is the scheduler's taints and the kubelet's admission in one: a
    /// kubelet under pressure of disk or process ids takes critical pods alone, whatever they tolerate.
    /// </summary>
    /// <param name="claim">The pod's.</param>
    public Shortage? Excludes(PodClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return IsClosed && !claim.PassesCordon ? new("unschedulable", "0/1 nodes are available: 1 node(s) were unschedulable.")
            : DiskPressure && !claim.IsCritical ? Under(NodeConditionTypes.DiskPressure, PressureTaints.Disk)
            : PidPressure && !claim.IsCritical ? Under(NodeConditionTypes.PidPressure, PressureTaints.Pid)
            : MemoryPressure && !claim.PassesMemoryPressure ? Under(NodeConditionTypes.MemoryPressure, PressureTaints.Memory)
            : null;
    }

    private static Shortage Under(string condition, string taint) =>
        new(condition, $"0/1 nodes are available: 1 node(s) had untolerated taint {{{taint}: }}: the node has the condition {condition}.");
}
