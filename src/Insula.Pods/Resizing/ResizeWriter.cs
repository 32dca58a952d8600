using System.Globalization;
using Insula.Linux;
using Insula.Pods.Launch;
using Insula.Pods.Workers;
using Insula.Sandbox;

namespace Insula.Pods.Resizing;

/// <summary>Writes the steps of a change into the groups of a pod, and reads what became of those of an earlier daemon.</summary>
internal static class ResizeWriter
{
    /// <summary>Writes a step.</summary>
    /// <param name="sandbox">The pod.</param>
    /// <param name="step">The step.</param>
    /// <param name="memory">What is said of its memory.</param>
    /// <returns>Why it cannot be done yet; null when it was.</returns>
    public static string? Write(PodSandbox sandbox, ResizeStep step, PodMemory memory)
    {
        var settings = ContainerResources.Change(step.Limits, step.Resource, memory, isPod: step.Container is null);
        if (step.Container is null)
        {
            if (TooMuchInUse(step, sandbox.ReadStats().MemoryWorkingSet) is { } pod)
            {
                return pod;
            }

            sandbox.ApplyLimits(settings);
            return null;
        }

        var container = PodPlaces.ContainerId(step.Container, step.Attempt);
        try
        {
            if (TooMuchInUse(step, sandbox.ReadStats(container).MemoryWorkingSet) is { } own)
            {
                return own;
            }

            sandbox.ApplyLimits(container, settings);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENODEV)
        {
            // It has just ended: nobody is held to anything.
        }

        return null;
    }

    /// <summary>What the kernel holds a pod's groups to.</summary>
    /// <param name="sandbox">The pod.</param>
    /// <param name="id">The id of a container's start, by its name.</param>
    /// <param name="memory">What is said of its memory.</param>
    public static HeldGroups Groups(PodSandbox sandbox, Func<string, string> id, PodMemory memory)
    {
        return new HeldGroups(Holds, Read);

        bool Holds(string? name, GroupLimits limits, string resource) =>
            ContainerResources.Change(limits, resource, memory, isPod: name is null) is var settings && (name is null ? sandbox.Holds(settings) : sandbox.Holds(id(name), settings));

        GroupLimits Read(string? name)
        {
            const long NanosPerMilli = 1_000_000;
            var stats = name is null ? sandbox.ReadStats() : sandbox.ReadStats(id(name));
            return new GroupLimits(GroupLimits.Unknown, stats.CpuLimitNanoCores / NanosPerMilli, stats.MemoryLimit) { MemoryRequest = GroupLimits.Unknown };
        }
    }

    // cgroup2 would kill for memory that it cannot take back, v1 refuses the write. Pages of files that nobody uses are taken back.
    private static string? TooMuchInUse(ResizeStep step, long? used) => step is { Resource: "memory", Shrinks: true, Limits.Memory: { } limit } && used > limit
        ? string.Create(CultureInfo.InvariantCulture,
            $"attempting to set {(step.Container is null ? "pod" : $"container \"{step.Container}\"")} memory limit ({limit}) below current usage ({used}): it is tried again")
        : null;
}
