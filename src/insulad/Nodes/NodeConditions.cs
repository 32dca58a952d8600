using Insula.Api.Core;
using Insula.Api.Nodes;

namespace Insulad.Nodes;

/// <summary>
/// How the machine is. The thresholds are those below which a kubelet evicts pods, and a pressure is told until it has not been seen for five minutes, as a
/// kubelet has it: nothing is evicted here, so that it only tells.
/// </summary>
internal sealed class NodeConditions
{
    private const long LeastMemory = 100 << 20;
    private const int LeastPart = 10;

    private static readonly TimeSpan s_calm = TimeSpan.FromMinutes(5);

    private static readonly Kind[] s_kinds =
    [
        new("MemoryPressure", "KubeletHasInsufficientMemory", "KubeletHasSufficientMemory", "memory is available", r => r.MemoryAvailable < LeastMemory,
            r => $"{r.MemoryAvailable >> 20} MiB of memory are available"),
        new("DiskPressure", "KubeletHasDiskPressure", "KubeletHasNoDiskPressure", "the daemon's disk has room", r => r.DiskFree < r.DiskSize / LeastPart,
            r => $"{r.DiskFree >> 20} of {r.DiskSize >> 20} MiB of the daemon's disk are free"),
        new("PIDPressure", "KubeletHasInsufficientPID", "KubeletHasSufficientPID", "process ids are left", r => r.MostTasks - r.Tasks < r.MostTasks / LeastPart,
            r => $"{r.Tasks} of {r.MostTasks} processes and threads are there"),
    ];

    private readonly Dictionary<string, DateTimeOffset> _seen = [];
    private bool _started;

    /// <summary>The conditions at a time.</summary>
    /// <param name="before">As they were, also under an earlier daemon.</param>
    /// <param name="reading">What the machine has left.</param>
    /// <param name="now">The time.</param>
    public IReadOnlyList<NodeCondition> Next(IReadOnlyList<NodeCondition> before, MachineReading reading, DateTimeOffset now)
    {
        List<NodeCondition> next = [.. s_kinds.Select(k => Of(k, before.FirstOrDefault(c => c.Type == k.Type), reading, now)), Ready(before.FirstOrDefault(c => c.Type == "Ready"), now)];
        var isNews = !_started || next.Any(c => before.FirstOrDefault(b => b.Type == c.Type)?.Status != c.Status);
        _started = true;
        return isNews ? [.. next.Select(c => c with { LastHeartbeatTime = now })] : before;
    }

    private NodeCondition Of(Kind kind, NodeCondition? before, MachineReading reading, DateTimeOffset now)
    {
        var isSeen = kind.IsUnder(reading);
        if (isSeen || (before?.Status == ConditionStatuses.True && !_seen.ContainsKey(kind.Type)))
        {
            _seen[kind.Type] = now;
        }

        var isTold = isSeen || (before?.Status == ConditionStatuses.True && now - _seen[kind.Type] < s_calm);
        var status = isTold ? ConditionStatuses.True : ConditionStatuses.False;
        return before?.Status == status ? before
            : new()
            {
                Type = kind.Type,
                Status = status,
                LastTransitionTime = now,
                Reason = isTold ? kind.Lack : kind.Enough,
                Message = isTold ? kind.Numbers(reading) : kind.Calm,
            };
    }

    private static NodeCondition Ready(NodeCondition? before, DateTimeOffset now) => before is { Status: ConditionStatuses.True } ? before
        : new() { Type = "Ready", Status = ConditionStatuses.True, LastTransitionTime = now, Reason = "KubeletReady", Message = "insulad runs pods" };

    private sealed record Kind(string Type, string Lack, string Enough, string Calm, Func<MachineReading, bool> IsUnder, Func<MachineReading, string> Numbers);
}
