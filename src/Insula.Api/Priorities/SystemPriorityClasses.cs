using Insula.Api.Core;

namespace Insula.Api.Priorities;

/// <summary>The classes that exist from the start, as in every cluster.</summary>
public static class SystemPriorityClasses
{
    /// <summary>From which priority on a pod is critical: it is not evicted.</summary>
    public const int LowestCritical = 2_000_000_000;

    /// <summary>The classes.</summary>
    public static IReadOnlyList<PriorityClass> All { get; } =
    [
        Of("system-node-critical", 2_000_001_000, "For what the machine cannot do without."),
        Of("system-cluster-critical", LowestCritical, "For what all pods depend on."),
    ];

    private static PriorityClass Of(string name, int value, string description) => new()
    {
        Metadata = new() { Name = name },
        Value = value,
        Description = description,
        PreemptionPolicy = PreemptionPolicies.PreemptLowerPriority,
    };
}
