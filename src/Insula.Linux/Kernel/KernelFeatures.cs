using Insula.Linux.Cgroups;
using Insula.Linux.Files;
using Insula.Linux.LibC;
using Insula.Linux.Memory;
using Insula.Linux.Mounts;
using Insula.Linux.Processes;
using Insula.Linux.Seccomp;

namespace Insula.Linux.Kernel;

/// <summary>Finds out what this kernel offers by trying it, for <c>system check</c> and the refusal at start.</summary>
public static class KernelFeatures
{
    private const int CapabilitySysAdmin = 21;
    private const int CapabilitySysResource = 24;

    private static readonly string[] _namespaces = ["net", "ipc", "uts", "mnt", "pid", "cgroup"];
    private static readonly string[] _nftPaths = ["/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft"];

    /// <summary>Tries everything. Changes nothing that outlives the call; needs root for most to succeed.</summary>
    public static IReadOnlyList<KernelFeature> Probe() =>
    [
        Version(),
        Root(),
        Try("openat2", true, "pods: paths inside images cannot be resolved safely", TryOpenAt2),
        Try("pidfd", true, "pods: process numbers may be reused", TryPidFd),
        Try("sealed memfd", true, "pods: launch plans cannot be handed over", TrySealing),
        Try("mount API", true, "pods: mounts cannot be made by descriptor (open_tree, mount_setattr)", TryMounts),
        Try("overlay", true, "images: layers cannot be stacked (modprobe overlay)", () => HasFileSystem("overlay")),
        Try("tmpfs mounts", true, "memory-backed volumes and /dev of containers", TryTmpfs),
        .. _namespaces.Select(name => Try($"{name} namespace", true, "pods", () => HasNamespace(name))),
        .. Cgroups(),
        Try("device filter", false, "device allow-lists on cgroup2 (CONFIG_CGROUP_BPF)", TryDeviceFilter),
        Try("seccomp", true, "seccomp profiles (libseccomp2, CONFIG_SECCOMP_FILTER)", TrySeccomp),
        Try("pressure stall information", false, "pressure figures in statistics", () => File.Exists("/proc/pressure/memory") ? "/proc/pressure" : null),
        Try("CAP_SYS_RESOURCE", false, "oom_score_adj below the daemon's own and raising hard resource limits; both are left out", () => HasCapability(CapabilitySysResource)),
        Try("IPv4 forwarding", false, "pods' way out; the daemon switches it on for its interfaces", () => ReadIs("/proc/sys/net/ipv4/ip_forward", "1")),
        Try("nft", true, "addresses of pods, services and policies (install nftables)", FindNft),
    ];

    private static KernelFeature Version()
    {
        var release = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        return new KernelFeature(
            $"Linux {KernelVersion.Minimum}", KernelVersion.Parse(release) >= KernelVersion.Minimum, true, release, "everything");
    }

    private static KernelFeature Root() =>
        Try("root", true, "everything: start the daemon as root", () => unistd.geteuid() == 0 ? HasCapability(CapabilitySysAdmin) : null);

    private static KernelFeature Try(string name, bool required, string disables, Func<string?> probe)
    {
        try
        {
            return probe() is { } detail
                ? new KernelFeature(name, true, required, detail, disables)
                : new KernelFeature(name, false, required, "not there", disables);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SeccompException or NotSupportedException)
        {
            return new KernelFeature(name, false, required, exception.Message, disables);
        }
    }

    private static string TryOpenAt2()
    {
        using var root = Directories.Open("/");
        using var inside = Directories.OpenInRoot(root, "/../proc", fcntl.O_PATH);
        return "RESOLVE_IN_ROOT";
    }

    private static string TryPidFd()
    {
        using var self = PidFd.Open(unistd.getpid());
        self.Signal(0);
        return "pidfd_open, pidfd_send_signal";
    }

    private static string TrySealing()
    {
        using var memory = SealedMemFd.Create("probe", "x"u8);
        return "memfd_create, F_ADD_SEALS";
    }

    private static string TryMounts()
    {
        using var root = Directories.Open("/");
        using var clone = DetachedMount.Clone(root, flags: MountFlags.ReadOnly | MountFlags.NoSuid);
        return "open_tree, mount_setattr";
    }

    private static string TryTmpfs()
    {
        using var mount = DetachedMount.CreateTmpfs(4096, 0x1C0, MountFlags.NoSuid);
        return "fsopen, fsmount";
    }

    private static string? HasFileSystem(string type) =>
        File.ReadLines("/proc/filesystems").Any(line => line.EndsWith($"\t{type}", StringComparison.Ordinal)) || HasModule(type)
            ? "in /proc/filesystems or as a module"
            : null;

    // The module may be compressed in several ways, so only its name counts.
    private static bool HasModule(string name)
    {
        var list = $"/lib/modules/{File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}/modules.dep";
        return File.Exists(list) && File.ReadLines(list).Any(line => line.Contains($"/{name}.ko", StringComparison.Ordinal));
    }

    private static string? HasNamespace(string name) => File.Exists($"/proc/self/ns/{name}") ? $"/proc/self/ns/{name}" : null;

    private static IEnumerable<KernelFeature> Cgroups()
    {
        CgroupLayout layout;
        IReadOnlyList<MountInfo> mounts = MountInfo.ReadSelf();
        var files = new KernelCgroupFiles();
        string? failure = null;
        try
        {
            layout = CgroupLayout.From(mounts, null, null, _ => null, directory => files.Read($"{directory}/cgroup.controllers") ?? "", _ => false);
        }
        catch (NotSupportedException exception)
        {
            (layout, failure) = (new CgroupLayout(CgroupMode.Legacy, []), exception.Message);
        }

        var unified = layout.Hierarchies.Any(hierarchy => hierarchy.Unified);
        yield return new KernelFeature("cgroups", failure is null, true, failure ?? layout.Mode.ToString().ToLowerInvariant(), "everything");
        yield return new KernelFeature("cgroup2", unified, false, unified ? layout.Hierarchies[0].Mount : "not mounted", "CLONE_INTO_CGROUP and cgroup.kill; the freezer is used instead");
        foreach (var (controller, disables) in new[] { ("memory", "memory limits and OOMKilled"), ("cpu", "CPU limits and shares"), ("pids", "limits on processes"), ("hugetlb", "limits of huge pages") })
        {
            var holder = layout.Hierarchies.FirstOrDefault(hierarchy => hierarchy.Has(controller));
            yield return new KernelFeature($"{controller} controller", holder is not null, false, holder?.Mount ?? "no hierarchy has it", disables);
        }
    }

    private static string TryDeviceFilter()
    {
        using var program = DeviceFilter.Load(DeviceFilter.Build(DeviceFilter.Defaults));
        return "BPF_PROG_TYPE_CGROUP_DEVICE";
    }

    private static string TrySeccomp()
    {
        var program = new SeccompCompiler().Compile(new SeccompProfile
        {
            DefaultAction = SeccompAction.Allow,
            Rules = [new SeccompRule(SeccompAction.Fail(Errno.EPERM), "reboot")],
        });
        return File.Exists("/proc/sys/kernel/seccomp/actions_avail")
            ? $"libseccomp, {program.Instructions.Length / 8} instructions for one rule"
            : throw new NotSupportedException("/proc/sys/kernel/seccomp is missing: the kernel has no seccomp filters");
    }

    private static string? ReadIs(string path, string expected) => File.ReadAllText(path).Trim() == expected ? path : null;

    private static string? HasCapability(int number)
    {
        const string Prefix = "CapEff:\t";
        var line = File.ReadLines("/proc/self/status").First(candidate => candidate.StartsWith(Prefix, StringComparison.Ordinal));
        var effective = Convert.ToUInt64(line[Prefix.Length..], 16);
        return (effective & (1UL << number)) != 0 ? "effective" : null;
    }

    private static string? FindNft() =>
        _nftPaths.FirstOrDefault(File.Exists);
}
