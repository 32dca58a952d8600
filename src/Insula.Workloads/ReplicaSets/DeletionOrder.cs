using Insula.Api.Core;
using Insula.Workloads.Pods;

namespace Insula.Workloads.ReplicaSets;

/// <summary>
/// Which pods go first when there are too many: those that do least for anybody (kubernetes controller_utils, ActivePods). There is one
/// machine, so that how pods are spread over machines does not count.
/// </summary>
internal sealed class DeletionOrder : IComparer<WorkloadPod>
{
    public static DeletionOrder Instance { get; } = new();

    public int Compare(WorkloadPod? x, WorkloadPod? y)
    {
        if (x is null || y is null)
        {
            return (x is null).CompareTo(y is null);
        }

        var order = Stage(x.Phase).CompareTo(Stage(y.Phase));
        order = order != 0 ? order : x.IsReady.CompareTo(y.IsReady);
        order = order != 0 ? order : x.DeletionCost.CompareTo(y.DeletionCost);

        // Whoever is ready for a shorter time, whose containers ended more often, or who was made later.
        order = order != 0 ? order : Nullable.Compare(y.ReadySince, x.ReadySince);
        order = order != 0 ? order : y.Restarts.CompareTo(x.Restarts);
        order = order != 0 ? order : y.Created.CompareTo(x.Created);
        return order != 0 ? order : string.CompareOrdinal(x.Name, y.Name);
    }

    private static int Stage(string phase) => phase switch
    {
        PodPhases.Pending => 0,
        PodPhases.Running => 2,
        _ => 1,
    };
}
