using Insula.Linux.Kernel;
using Insula.Linux.LibC;

namespace Insulad.Hosting;

/// <summary>What must hold before anything is touched.</summary>
internal static class HostChecks
{
    /// <summary>Refuses a host on which no pod could run.</summary>
    /// <exception cref="StartupException">Says what is missing and what to do.</exception>
    public static void Require()
    {
        if (unistd.geteuid() != 0)
        {
            throw new StartupException("must be root: it makes namespaces, mounts and cgroups. Start it with sudo, or as a system service");
        }

        var kernel = KernelVersion.Current;
        if (kernel < KernelVersion.Minimum)
        {
            throw new StartupException(
                $"the kernel is {kernel}, at least {KernelVersion.Minimum} is needed (openat2, cgroup.kill, mount_setattr): boot a newer one");
        }

        var missing = KernelFeatures.Probe().Where(f => f is { Required: true, Available: false }).ToList();
        if (missing.Count > 0)
        {
            throw new StartupException(
                "this kernel lacks what every pod needs: " + string.Join("; ", missing.Select(f => $"{f.Name} ({f.Detail}): {f.Disables}")));
        }
    }
}
