using Insula.Linux.Netlink;

namespace Insula.Pods.Stats;

/// <summary>What a pod uses at one instant.</summary>
/// <param name="Uid">The pod's uid.</param>
/// <param name="Time">When it was read.</param>
/// <param name="Pod">The pod as a whole, with what its containers have left to it (memory volumes, say); null when it has no sandbox.</param>
/// <param name="Containers">Its running containers.</param>
/// <param name="Network">What its link has carried; null when it has none of its own.</param>
/// <param name="Probes">What its probes have found since this daemon has had the pod.</param>
public sealed record PodStats(
    string Uid, DateTimeOffset Time, ResourceUse? Pod, IReadOnlyList<ContainerUse> Containers, LinkTraffic? Network = null, IReadOnlyList<ProbeTally>? Probes = null);
