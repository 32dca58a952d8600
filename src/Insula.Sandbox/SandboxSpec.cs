using Insula.Linux;
using Insula.Linux.Cgroups;
using Insula.Sandbox.Containers;

namespace Insula.Sandbox;

/// <summary>What a sandbox is to be: the namespaces, the cgroup and the directories its containers will share.
/// Nothing is defaulted that a policy could decide.</summary>
public sealed record SandboxSpec
{
    /// <summary>The sandbox's id, <c>&lt;pod uid&gt;-&lt;attempt&gt;</c>: one path component.</summary>
    public required string Id { get; init; }

    /// <summary>The pod's uid.</summary>
    public required string PodUid { get; init; }

    /// <summary>The pod's cgroup relative to the instance's root, for example <c>pods/burstable/pod&lt;uid&gt;</c>.</summary>
    public required string CgroupParent { get; init; }

    /// <summary>Limits of the pod as a whole.</summary>
    public required CgroupSettings PodSettings { get; init; }

    /// <summary>The host name; used when <see cref="Uts"/> is <see cref="NamespaceMode.Pod"/>.</summary>
    public required string Hostname { get; init; }

    /// <summary>The NIS domain name, or null to leave the kernel's.</summary>
    public string? Domainname { get; init; }

    /// <summary><see cref="NamespaceMode.Pod"/> or <see cref="NamespaceMode.Host"/>.</summary>
    public required NamespaceMode Network { get; init; }

    /// <summary>A ready network namespace to use in place of a new one (when <see cref="Network"/> is
    /// <see cref="NamespaceMode.Pod"/>); stays the caller's.</summary>
    public Descriptor? ExistingNetworkNamespace { get; init; }

    /// <summary><see cref="NamespaceMode.Pod"/> or <see cref="NamespaceMode.Host"/>.</summary>
    public required NamespaceMode Ipc { get; init; }

    /// <summary><see cref="NamespaceMode.Pod"/> or <see cref="NamespaceMode.Host"/>.</summary>
    public required NamespaceMode Uts { get; init; }

    /// <summary>The ids of a user namespace of the pod's own, which then owns all the others: they must be
    /// <see cref="NamespaceMode.Pod"/> or, for <see cref="Pid"/>, <see cref="NamespaceMode.Container"/>. Null for the host's.
    /// Image layers are idmapped: their file system must allow it (Linux 5.19).</summary>
    public UserIdRange? UserIds { get; init; }

    /// <summary>Where processes see each other. With <see cref="NamespaceMode.Pod"/> the sandbox holds a PID 1 of its own.</summary>
    public required NamespaceMode Pid { get; init; }

    /// <summary>Absolute path of the pod's directory on the host (volumes, logs, writable layers).</summary>
    public required string PodDirectory { get; init; }

    /// <summary>Absolute path of the directory below which all image layers lie.</summary>
    public required string LayersDirectory { get; init; }

    /// <summary>Memory-backed volumes.</summary>
    public IReadOnlyList<MemoryVolume> MemoryVolumes { get; init; } = [];

    /// <summary>The container that will be started first, of which as much is made with the sandbox as can be; null when that is not known.
    /// Whatever it was, none need be started, and the first may be another.</summary>
    public ExpectedContainer? First { get; init; }

    /// <summary>Namespaced kernel parameters by their dotted names, or by their paths below <c>/proc/sys</c>; the caller has checked that they
    /// are namespaced.</summary>
    public IReadOnlyDictionary<string, string> Sysctls { get; init; } = new Dictionary<string, string>();
}
