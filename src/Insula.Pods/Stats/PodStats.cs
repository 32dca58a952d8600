namespace Insula.Pods.Stats;

/// <summary>What a pod uses at one instant.</summary>
/// <param name="Uid">The pod's uid.</param>
/// <param name="Time">When it was read.</param>
/// <param name="Pod">The pod as a whole, with what its containers have left to it (memory volumes, say); null when it has no sandbox.</param>
/// <param name="Containers">Its running containers.</param>
public sealed record PodStats(string Uid, DateTimeOffset Time, ResourceUse? Pod, IReadOnlyList<ContainerUse> Containers);
