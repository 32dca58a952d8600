using Insula.Network.Dns.Cluster;
using Insula.Pods.Images;
using Insula.Pods.Launch;
using Insula.Pods.Scheduling;
using Insula.Api.Pods;
using Insula.Sandbox;
using Insula.Sandbox.Containers;

namespace Insula.Pods;

/// <summary>What an operator may set about pods. The defaults are Kubernetes'.</summary>
public sealed record PodOptions
{
    /// <summary>The directory of lasting state (<c>--root</c>); pods live in <c>pods/&lt;uid&gt;</c> below it.</summary>
    public required string RootDirectory { get; init; }

    /// <summary>The directory of this boot's state (<c>--run</c>).</summary>
    public required string RunDirectory { get; init; }

    /// <summary>The name this machine bears as a node; it appears in events and as <c>spec.nodeName</c>.</summary>
    public string NodeName { get; init; } = Environment.MachineName.ToLowerInvariant();

    /// <summary>Delay before the second restart of a container that fails; the first happens at once.</summary>
    public TimeSpan BackOffInitial { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest delay between restarts; the delay doubles up to it.</summary>
    public TimeSpan BackOffMax { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>A container that ran this long since its last start begins again with <see cref="BackOffInitial"/>.</summary>
    public TimeSpan BackOffReset { get; init; } = TimeSpan.FromSeconds(600);

    /// <summary>Delay before a sandbox whose making failed is tried again; doubles up to <see cref="BackOffMax"/>.</summary>
    public TimeSpan SandboxRetryInitial { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long making a sandbox (volumes, namespaces, network) may take.</summary>
    public TimeSpan SandboxDeadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long one container's start may take, from the plan to its exec.</summary>
    public TimeSpan StartDeadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long removing a sandbox and its leftovers may take before it is reported stuck and tried again.</summary>
    public TimeSpan CleanupDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The directory that says of registries how they are reached (<c>REGISTRY/hosts.toml</c>); null for none.</summary>
    public string? RegistryHosts { get; init; }

    /// <summary>The file with this machine's credentials for registries, as docker login leaves it; null for none.</summary>
    public string? RegistryAuth { get; init; }

    /// <summary>How many images are pulled at once.</summary>
    public int ParallelPulls { get; init; } = 3;

    /// <summary>When images that no pod uses are removed.</summary>
    public ImageCollectionRules ImageCollection { get; init; } = new();

    /// <summary>Size in bytes at which a container's log rotates.</summary>
    public long LogMaxSize { get; init; } = 10 * 1024 * 1024;

    /// <summary>The highest <see cref="LogMaxFiles"/>: no file of a log has this number, whatever options it was begun with.</summary>
    public const int MostLogFiles = 1000;

    /// <summary>Number of log files kept per container start, the current one included.</summary>
    public int LogMaxFiles { get; init; } = 5;

    /// <summary>Most processes and threads a pod may have; 0 means no limit.</summary>
    public long PodPidsLimit { get; init; } = 4096;

    /// <summary>What of the machine's processors is kept for the system, in thousandths of one: pods cannot request it.</summary>
    public long ReservedMilliCpu { get; init; }

    /// <summary>What of the machine's memory is kept for the system, in bytes; the kubelet keeps as much free before it evicts.</summary>
    public long ReservedMemory { get; init; } = 100 << 20;

    /// <summary>Where between request and limit containers are throttled, 0 to 1 (KEP-2570); null: nowhere.</summary>
    public double? MemoryThrottlingFactor { get; init; }

    /// <summary>Whether what pods request of memory is protected from being taken back.</summary>
    public bool ReservesMemory { get; init; }

    /// <summary>Who may swap; null: containers without a limit of memory.</summary>
    public SwapBehavior? SwapBehavior { get; init; }

    /// <summary>How many pods the machine takes.</summary>
    public int MaxPods { get; init; } = 1000;

    /// <summary>What pods can request together.</summary>
    /// <param name="processors">How many the machine has.</param>
    /// <param name="memory">How much it has, in bytes.</param>
    /// <param name="disk">How large the daemon's disk is, in bytes; a tenth is kept free, as a kubelet keeps it before it evicts.</param>
    public Amounts Allocatable(int processors, long memory, long disk) =>
        new(Math.Max((processors * 1000L) - ReservedMilliCpu, 0), Math.Max(memory - ReservedMemory, 0), MaxPods, disk - (disk / 10));

    /// <summary>Capabilities of containers that list none, as the kernel's bits.</summary>
    public ulong DefaultCapabilities { get; init; } = CapabilityNames.Default;

    /// <summary>Limits of setrlimit(2) that every container's processes start with; what is not listed they have from the daemon.</summary>
    public IReadOnlyList<ResourceLimit> ResourceLimits { get; init; } = DefaultResourceLimits;

    /// <summary>What <see cref="ResourceLimits"/> is where nobody says: few open files for programs that use select(2) or visit each
    /// number, many for those that raise their limit, as systemd has it.</summary>
    public static IReadOnlyList<ResourceLimit> DefaultResourceLimits { get; } = [new("nofile", 1024, 524_288)];

    /// <summary>The machine's ids that pods with <c>hostUsers: false</c> get theirs from; null: those of the user <c>insula</c> in
    /// <c>/etc/subuid</c>, or a default.</summary>
    public UserIdRange? UserIds { get; init; }

    /// <summary>How often emptyDir volumes with a <c>sizeLimit</c> on disk are measured.</summary>
    public TimeSpan VolumeCheckPeriod { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an event stays in the store: one that repeats later is told anew.</summary>
    public TimeSpan EventLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Containers without a seccomp profile of their own run under the default one (Kubernetes: unconfined).</summary>
    public bool SeccompDefault { get; init; } = true;

    /// <summary>Sysctls beyond Kubernetes' safe ones that pods may set: names, or beginnings of names with a <c>*</c>.</summary>
    public IReadOnlyList<string> AllowedUnsafeSysctls { get; init; } = [];

    /// <summary>The host's resolver configuration that pods with <c>dnsPolicy: Default</c> are given.</summary>
    public string HostResolvConf { get; init; } = "/etc/resolv.conf";

    /// <summary>The cluster's DNS, asked when a pod's files are written; null where there is none.</summary>
    public Func<ClusterDnsInfo?> ClusterDns { get; init; } = () => null;

    /// <summary>
    /// Completes when no Service leads new connections to a pod that is to end any more: it is told to stop only then. Asked with the pod's uid;
    /// whoever answers sees to it that it does not take long.
    /// </summary>
    public Func<string, CancellationToken, Task> LeftServices { get; init; } = (_, _) => Task.CompletedTask;

    /// <summary>Which Service has a port of this machine as a node port, or is about to have it, as namespace and name; null for none.</summary>
    public Func<int, string, string?> NodePortHolder { get; init; } = (_, _) => null;

    /// <summary>
    /// Completes when no port of the machine leads to a pod that has ended, or after a time that is bearable: only then its object goes, so that who
    /// has seen it go is refused at the port. The default has nobody to wait for.
    /// </summary>
    public Func<string, CancellationToken, Task> LeftHostPorts { get; init; } = (_, _) => Task.CompletedTask;

    /// <summary>What names in the cluster end with.</summary>
    public string ClusterDomain { get; init; } = ClusterDnsInfo.DefaultDomain;
}
