namespace Insula.Pods.Resizing;

/// <summary>What the kernel holds the groups of a living pod to; the name of a container, or null for the pod.</summary>
/// <param name="Holds">Whether it shows limits of a resource.</param>
/// <param name="Read">What it shows. Of the share, which cgroup2 shows only about, that it is not known.</param>
internal sealed record HeldGroups(Func<string?, GroupLimits, string, bool> Holds, Func<string?, GroupLimits> Read);
