using Insula.Linux;
using Insula.Linux.Cgroups;

namespace Insula.Sandbox;

/// <content>Limits and counters of the pod and its containers.</content>
public sealed partial class PodSandbox
{
    /// <summary>Changes the limits of a running container.</summary>
    /// <param name="containerId">The container.</param>
    /// <param name="settings">The new limits.</param>
    public void ApplyLimits(string containerId, CgroupSettings settings)
    {
        SandboxId.Check("container", containerId);
        _context.Cgroups.Apply(_runner.CgroupOf(containerId), settings);
    }

    /// <summary>Changes the limits of the pod as a whole.</summary>
    /// <param name="settings">The new limits.</param>
    public void ApplyLimits(CgroupSettings settings)
    {
        // On v1 no group may have more time than the one above it, and that of a container that has ended stays for a moment.
        foreach (var ended in settings.CpuQuotaMicroseconds is > 0 ? Containers.Where(container => !container.IsRunning) : [])
        {
            try
            {
                _context.Cgroups.Apply(_runner.CgroupOf(ended.Id), new CgroupSettings { CpuQuotaMicroseconds = -1 });
            }
            catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENODEV)
            {
                // It has just been removed.
            }
        }

        _context.Cgroups.Apply(_record.CgroupParent, settings);
    }

    /// <summary>Whether the kernel holds the pod as a whole to limits.</summary>
    /// <param name="settings">The limits.</param>
    public bool Holds(CgroupSettings settings) => _context.Cgroups.Holds(_record.CgroupParent, settings);

    /// <summary>Whether the kernel holds a container to limits.</summary>
    /// <param name="containerId">The container.</param>
    /// <param name="settings">The limits.</param>
    public bool Holds(string containerId, CgroupSettings settings)
    {
        SandboxId.Check("container", containerId);
        return _context.Cgroups.Holds(_runner.CgroupOf(containerId), settings);
    }

    /// <summary>Counters of the pod as a whole.</summary>
    public CgroupStats ReadStats() => _context.Cgroups.ReadStats(_record.CgroupParent);

    /// <summary>Counters of a container.</summary>
    /// <param name="containerId">The container.</param>
    public CgroupStats ReadStats(string containerId)
    {
        SandboxId.Check("container", containerId);
        return _context.Cgroups.ReadStats(_runner.CgroupOf(containerId));
    }

    /// <summary>How often the kernel killed a container's processes for want of memory, or refused them a fork.</summary>
    /// <param name="containerId">The container.</param>
    public CgroupEvents ReadEvents(string containerId)
    {
        SandboxId.Check("container", containerId);
        return _context.Cgroups.ReadEvents(_runner.CgroupOf(containerId));
    }
}
