namespace Insula.Pods.Eviction;

/// <summary>A pod that runs, and what it uses of what is short.</summary>
/// <param name="Uid">The pod.</param>
/// <param name="Name">Namespace and name, for people.</param>
/// <param name="Priority">Its priority.</param>
/// <param name="IsCritical">Whether the machine cannot do without it.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="Requested">What it requests: bytes; 0 of what cannot be requested.</param>
/// <param name="Used">What it uses: bytes, inodes, or processes and threads.</param>
public sealed record EvictionCandidate(string Uid, string Name, int Priority, bool IsCritical, DateTimeOffset CreatedAt, long Requested, long Used)
{
    /// <summary>The containers of which it is known what they use.</summary>
    public IReadOnlyList<ContainerShare> Containers { get; init; } = [];

    /// <summary>How much more it uses than it requests; negative when that is less.</summary>
    public long Excess => Used - Requested;
}
