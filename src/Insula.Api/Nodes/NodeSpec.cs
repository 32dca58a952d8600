using System.Text.Json.Serialization;

namespace Insula.Api.Nodes;

/// <summary>What is wanted of the machine (core/v1 NodeSpec).</summary>
public sealed record NodeSpec
{
    /// <summary>Whether it takes no further pods (<c>insula cordon</c>).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unschedulable { get; init; }

    /// <summary>What keeps pods away: the one that says the same as <see cref="Unschedulable"/>, and those of pressure.</summary>
    public IReadOnlyList<Taint> Taints { get; init => field = value ?? []; } = [];

    /// <summary>The range of the pods' addresses; the daemon's to set.</summary>
    [JsonPropertyName("podCIDR")]
    public string? PodCidr { get; init; }

    /// <summary>The same, of each family of addresses.</summary>
    [JsonPropertyName("podCIDRs")]
    public IReadOnlyList<string> PodCidrs { get; init => field = value ?? []; } = [];
}
