using Insula.Api.Core;
using Insula.Api.Values;

namespace Insula.Api.Nodes;

/// <summary>What the machine has and how it is (core/v1 NodeStatus).</summary>
public sealed record NodeStatus
{
    /// <summary>What it has: cpu, memory, pods, ephemeral-storage.</summary>
    public IReadOnlyDictionary<string, Quantity> Capacity { get; init => field = value ?? Empty.Quantities; } = Empty.Quantities;

    /// <summary>What of it pods can request together.</summary>
    public IReadOnlyDictionary<string, Quantity> Allocatable { get; init => field = value ?? Empty.Quantities; } = Empty.Quantities;

    /// <summary>Ready, MemoryPressure, DiskPressure, PIDPressure.</summary>
    public IReadOnlyList<NodeCondition> Conditions { get; init => field = value ?? []; } = [];

    /// <summary>How it is reached.</summary>
    public IReadOnlyList<NodeAddress> Addresses { get; init => field = value ?? []; } = [];

    /// <summary>What it is.</summary>
    public NodeSystemInfo NodeInfo { get; init => field = value ?? new(); } = new();
}
