using Insula.Linux;
using Insula.Linux.Cgroups;
using Insula.Linux.Files;
using Insula.Sandbox.Containers;
using Insula.Sandbox.Plans;

namespace Insula.Sandbox.Lifecycle;

/// <summary>What there is of a container before its process: a writable layer, the directory of its log, a cgroup with limits and the filter of devices.</summary>
internal static class ContainerPlace
{
    /// <summary>The container's cgroup.</summary>
    public static string CgroupOf(SandboxRecord record, string containerId) => $"{record.CgroupParent}/{containerId}";

    /// <summary>Makes the place of the container that will come first, while the shim of its sandbox begins.</summary>
    /// <returns>What was made; null when something was in the way, which its start will meet again and tell.</returns>
    public static ExpectedContainer? TryMake(SandboxContext context, SandboxRecord record, ExpectedContainer expected)
    {
        try
        {
            MakeLayer(record, expected.Id, null, expected.LogPath);
            MakeGroup(context, record, expected.Id, expected.CgroupSettings, []);
            return expected;
        }
        catch (Exception e) when (e is LinuxException or SandboxException)
        {
            SandboxLog.NotExpected(context.Log, expected.Id, e.Message);
            return null;
        }
    }

    /// <summary>Makes the place of a container.</summary>
    /// <exception cref="LinuxException">The kernel refuses a part of it.</exception>
    /// <exception cref="SandboxException">The path of the log is none, or devices cannot be filtered.</exception>
    public static void Make(SandboxContext context, SandboxRecord record, ContainerSpec spec)
    {
        MakeLayer(record, spec.Id, spec.Project, spec.LogPath);
        IReadOnlyList<DeviceRule> own = [.. spec.Devices.Select(device => new DeviceRule(device.IsBlock ? 'b' : 'c', device.Major, device.Minor, "rwm"))];
        MakeGroup(context, record, spec.Id, spec.CgroupSettings, spec.AllowAllDevices ? null : own);
    }

    /// <summary>Removes the writable layer.</summary>
    public static void RemoveLayer(SandboxRecord record, string containerId)
    {
        using var pod = SandboxPlace.TryOpenPath(record.PodDirectory);
        using var containers = pod is null ? null : SandboxPlace.TryOpenChild(pod, WritableLayer.Directory);
        if (containers is not null)
        {
            RemoveTree.Remove(containers, containerId);
        }
    }

    private static void MakeLayer(SandboxRecord record, string id, uint? project, string? logPath)
    {
        using var step = SandboxTracing.Step("writable layer");
        using var pod = Directories.Open(record.PodDirectory);
        using var containers = Directories.Ensure(pod, WritableLayer.Directory);
        // A layer of the same name can only be the rest of a start that a crash cut off, or of one that was expected to be otherwise.
        RemoveTree.Remove(containers, id);
        using var own = Directories.Ensure(containers, id);
        if (project is { } number)
        {
            // Both directories of the overlay have it from here: the kernel renames nothing from one project to another.
            ProjectQuota.Give(own, number);
        }

        // The upper directory's mode and owner become those of the root directory in the container.
        using var upper = Directories.Ensure(own, "upper", 0x1ED); // 0755
        if (record.UserIds is { } users)
        {
            Entries.ChangeOwner(upper, users.First, users.First);
        }

        using var work = Directories.Ensure(own, "work");
        if (logPath is not null)
        {
            MakeParents(pod, logPath);
        }
    }

    // The filter before any process is there, so that there is no moment without it. No devices: all are allowed.
    private static void MakeGroup(SandboxContext context, SandboxRecord record, string id, CgroupSettings settings, IReadOnlyList<DeviceRule>? devices)
    {
        using var step = SandboxTracing.Step("cgroup and device filter");
        context.Cgroups.Create(CgroupOf(record, id), settings);
        if (devices is null)
        {
            return;
        }

        try
        {
            context.Cgroups.ApplyDevices(CgroupOf(record, id), devices.Count == 0 ? DeviceFilter.Defaults : [.. DeviceFilter.Defaults, .. devices]);
        }
        catch (NotSupportedException e)
        {
            throw new SandboxException($"container '{id}' cannot be kept from the host's devices: {e.Message}", e);
        }
    }

    private static void MakeParents(Descriptor pod, string path)
    {
        if (!SubPath.IsPlain(path))
        {
            throw new SandboxException($"log path '{path}' is not a plain path relative to the pod's directory");
        }

        var current = pod.Duplicate();
        foreach (var component in path.Split('/')[..^1])
        {
            var next = Directories.Ensure(current, component);
            current.Dispose();
            current = next;
        }

        current.Dispose();
    }
}
