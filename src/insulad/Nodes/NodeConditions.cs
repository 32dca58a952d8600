using Insula.Api.Core;
using Insula.Api.Nodes;
using Insula.Pods.Eviction;

namespace Insulad.Nodes;

/// <summary>How the machine is. A pressure is told until it has not been seen for a while, as a kubelet has it: what was kept away for it does not come and go with it.</summary>
/// <param name="calm">How long.</param>
internal sealed class NodeConditions(TimeSpan calm)
{
    private static readonly Kind[] s_kinds =
    [
        new(NodeConditionTypes.MemoryPressure, "KubeletHasInsufficientMemory", "KubeletHasSufficientMemory", "memory is available"),
        new(NodeConditionTypes.DiskPressure, "KubeletHasDiskPressure", "KubeletHasNoDiskPressure", "the daemon's disk has room"),
        new(NodeConditionTypes.PidPressure, "KubeletHasInsufficientPID", "KubeletHasSufficientPID", "process ids are left"),
    ];

    private readonly Dictionary<string, DateTimeOffset> _seen = [];
    private bool _started;

    /// <summary>The conditions at a time.</summary>
    /// <param name="before">As they were, also under an earlier daemon.</param>
    /// <param name="lacks">What the machine has too little of.</param>
    /// <param name="now">The time.</param>
    /// <param name="network">Why pods cannot be connected, empty when they can; null where that is no question.</param>
    public IReadOnlyList<NodeCondition> Next(IReadOnlyList<NodeCondition> before, IReadOnlyList<Lack> lacks, DateTimeOffset now, string? network = null)
    {
        List<NodeCondition> next =
        [
            .. s_kinds.Select(k => Of(k, before.FirstOrDefault(c => c.Type == k.Type), [.. lacks.Where(l => l.Signal.Condition() == k.Type)], now)),
            .. network is null ? Array.Empty<NodeCondition>() : [Network(before.FirstOrDefault(c => c.Type == NodeConditionTypes.NetworkUnavailable), network, now)],
            Ready(before.FirstOrDefault(c => c.Type == NodeConditionTypes.Ready), now),
        ];
        var isNews = !_started || next.Any(c => before.FirstOrDefault(b => b.Type == c.Type) is not { } was || was.Status != c.Status || (c.Type == NodeConditionTypes.NetworkUnavailable && was.Message != c.Message));
        _started = true;
        return isNews ? [.. next.Select(c => c with { LastHeartbeatTime = now })] : before;
    }

    private NodeCondition Of(Kind kind, NodeCondition? before, IReadOnlyList<Lack> lacks, DateTimeOffset now)
    {
        var isSeen = lacks.Count > 0;
        if (isSeen || (before?.Status == ConditionStatuses.True && !_seen.ContainsKey(kind.Type)))
        {
            _seen[kind.Type] = now;
        }

        var isTold = isSeen || (before?.Status == ConditionStatuses.True && now - _seen[kind.Type] < calm);
        var status = isTold ? ConditionStatuses.True : ConditionStatuses.False;
        return before?.Status == status ? before
            : new()
            {
                Type = kind.Type,
                Status = status,
                LastTransitionTime = now,
                Reason = isTold ? kind.Lack : kind.Enough,
                Message = isTold ? string.Join(", ", lacks) : kind.Calm,
            };
    }

    private static NodeCondition Network(NodeCondition? before, string trouble, DateTimeOffset now)
    {
        var status = trouble.Length > 0 ? ConditionStatuses.True : ConditionStatuses.False;
        var message = trouble.Length > 0 ? trouble : "the CNI network takes pods";
        return before?.Status == status && before.Message == message ? before
            : new()
            {
                Type = NodeConditionTypes.NetworkUnavailable,
                Status = status,
                LastTransitionTime = before?.Status == status ? before.LastTransitionTime : now,
                Reason = trouble.Length > 0 ? "NetworkPluginNotReady" : "NetworkPluginReady",
                Message = message,
            };
    }

    private static NodeCondition Ready(NodeCondition? before, DateTimeOffset now) => before is { Status: ConditionStatuses.True } ? before
        : new() { Type = NodeConditionTypes.Ready, Status = ConditionStatuses.True, LastTransitionTime = now, Reason = "KubeletReady", Message = "insulad runs pods" };

    private sealed record Kind(string Type, string Lack, string Enough, string Calm);
}
