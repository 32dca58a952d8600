using System.Globalization;
using Insula.Api.Workloads;

namespace Insula.Workloads.Deployments;

/// <summary>What a Deployment asks of its ReplicaSets.</summary>
internal static class ReplicaSetExtensions
{
    public static int Replicas(this ReplicaSet set) => set.Spec.Replicas ?? 1;

    public static int Available(this ReplicaSet set) => set.Status.AvailableReplicas ?? 0;

    public static long Revision(this ReplicaSet set) => set.Number(WorkloadLabels.Revision) ?? 0;

    public static int? Number(this ReplicaSet set, string annotation) =>
        set.Metadata.Annotations.TryGetValue(annotation, out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    public static IOrderedEnumerable<ReplicaSet> OldestFirst(this IEnumerable<ReplicaSet> sets) =>
        sets.OrderBy(s => s.Metadata.CreationTimestamp).ThenBy(s => s.Metadata.Name, StringComparer.Ordinal);
}
