using Insula.Api.Core;
using Insula.Api.Workloads;

namespace Insula.Workloads;

/// <summary>Conditions of workloads: set, kept and removed.</summary>
internal static class Conditions
{
    public static WorkloadCondition? Find(IEnumerable<WorkloadCondition> conditions, string type) => conditions.FirstOrDefault(c => c.Type == type);

    public static bool IsTrue(IEnumerable<WorkloadCondition> conditions, string type) => Find(conditions, type)?.Status == ConditionStatuses.True;

    /// <summary>
    /// Sets a condition. One that says the same already stays as it is; the time of its transition stays while its status does.
    /// </summary>
    public static IReadOnlyList<WorkloadCondition> Set(IReadOnlyList<WorkloadCondition> conditions, WorkloadCondition wanted)
    {
        var present = Find(conditions, wanted.Type);
        if (present is not null && present.Status == wanted.Status && present.Reason == wanted.Reason)
        {
            return conditions;
        }

        return Replace(conditions, present?.Status == wanted.Status ? wanted with { LastTransitionTime = present.LastTransitionTime } : wanted);
    }

    public static IReadOnlyList<WorkloadCondition> Replace(IReadOnlyList<WorkloadCondition> conditions, WorkloadCondition wanted) =>
        [.. Remove(conditions, wanted.Type), wanted];

    public static IReadOnlyList<WorkloadCondition> Remove(IReadOnlyList<WorkloadCondition> conditions, string type) => [.. conditions.Where(c => c.Type != type)];
}
