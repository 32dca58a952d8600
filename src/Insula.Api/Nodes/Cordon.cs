using System.Text.Json.Nodes;

namespace Insula.Api.Nodes;

/// <summary>A machine that takes no further pods: <c>spec.unschedulable</c>, and the taint that says the same.</summary>
public static class Cordon
{
    /// <summary>The taint's key.</summary>
    public const string Key = "node.kubernetes.io/unschedulable";

    /// <summary>The taint's effect.</summary>
    public const string Effect = "NoSchedule";

    /// <summary>Brings the taint in line with <c>spec.unschedulable</c>.</summary>
    /// <param name="node">A Node; changed in place.</param>
    public static void Mark(JsonObject node)
    {
        ArgumentNullException.ThrowIfNull(node);
        var closed = node["spec"]?["unschedulable"] is JsonValue value && value.TryGetValue(out bool isClosed) && isClosed;
        NodeTaints.Set(node, (key, effect) => (key, effect) == (Key, Effect), Effect, closed ? [Key] : []);
    }

    /// <summary>Whether a pod with these tolerations gets a place all the same.</summary>
    public static bool IsTolerated(IReadOnlyList<Toleration> tolerations) => tolerations.Any(t => t.Tolerates(Key, Effect));
}
