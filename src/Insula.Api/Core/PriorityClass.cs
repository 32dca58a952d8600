using Insula.Api.Meta;

namespace Insula.Api.Core;

/// <summary>A priority with a name (scheduling.k8s.io/v1 PriorityClass).</summary>
public sealed record PriorityClass
{
    /// <summary>Always "PriorityClass".</summary>
    public string Kind { get; init => field = value ?? "PriorityClass"; } = "PriorityClass";

    /// <summary>Always "scheduling.k8s.io/v1".</summary>
    public string ApiVersion { get; init => field = value ?? "scheduling.k8s.io/v1"; } = "scheduling.k8s.io/v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The priority of pods of this class.</summary>
    public int Value { get; init; }

    /// <summary>Whether pods that name no class are of this one.</summary>
    public bool GlobalDefault { get; init; }

    /// <summary>What it is for.</summary>
    public string? Description { get; init; }

    /// <summary>Whether its pods may displace others: PreemptLowerPriority (the default) or Never.</summary>
    public string? PreemptionPolicy { get; init; }
}
