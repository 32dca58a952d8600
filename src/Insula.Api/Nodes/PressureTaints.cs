using System.Text.Json.Nodes;
using Insula.Api.Core;

namespace Insula.Api.Nodes;

/// <summary>The taints that say the same as the conditions of pressure, as Kubernetes' node controller sets them.</summary>
public static class PressureTaints
{
    /// <summary>Their effect.</summary>
    public const string Effect = "NoSchedule";

    /// <summary>The key of the one for <see cref="NodeConditionTypes.MemoryPressure"/>.</summary>
    public const string Memory = "node.kubernetes.io/memory-pressure";

    /// <summary>The key of the one for <see cref="NodeConditionTypes.DiskPressure"/>.</summary>
    public const string Disk = "node.kubernetes.io/disk-pressure";

    /// <summary>The key of the one for <see cref="NodeConditionTypes.PidPressure"/>.</summary>
    public const string Pid = "node.kubernetes.io/pid-pressure";

    private static readonly (string Condition, string Key)[] s_all =
        [(NodeConditionTypes.MemoryPressure, Memory), (NodeConditionTypes.DiskPressure, Disk), (NodeConditionTypes.PidPressure, Pid)];

    /// <summary>Whether a taint is one of them.</summary>
    public static bool Has(Taint taint)
    {
        ArgumentNullException.ThrowIfNull(taint);
        return IsOne(taint.Key, taint.Effect);
    }

    /// <summary>Brings them in line with conditions.</summary>
    /// <param name="node">A Node; changed in place.</param>
    /// <param name="conditions">How it is.</param>
    public static void Mark(JsonObject node, IReadOnlyList<NodeCondition> conditions)
    {
        ArgumentNullException.ThrowIfNull(node);
        NodeTaints.Set(node, IsOne, Effect, s_all.Where(p => conditions.Any(c => c.Type == p.Condition && c.Status == ConditionStatuses.True)).Select(p => p.Key));
    }

    /// <summary>Gives a Node those that it had: they are nobody's to set but the daemon's.</summary>
    /// <param name="old">As it was.</param>
    /// <param name="node">As it is to be; changed in place.</param>
    public static void Keep(JsonObject old, JsonObject node)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(node);
        NodeTaints.Set(node, IsOne, Effect, s_all.Select(p => p.Key).Where(key => NodeTaints.Of(old).Contains((key, Effect))));
    }

    private static bool IsOne(string key, string effect) => effect == Effect && s_all.Any(p => p.Key == key);
}
