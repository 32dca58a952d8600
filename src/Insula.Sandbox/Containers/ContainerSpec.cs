using Insula.Linux.Cgroups;
using Insula.Linux.Seccomp;

namespace Insula.Sandbox.Containers;

/// <summary>A container, completely: every choice is the caller's.</summary>
public sealed record ContainerSpec
{
    /// <summary>The container's id in the sandbox, <c>&lt;name&gt;.&lt;attempt&gt;</c>: one path component, used once.</summary>
    public required string Id { get; init; }

    /// <summary>Its limits.</summary>
    public required CgroupSettings CgroupSettings { get; init; }

    /// <summary>The project that counts what is in its writable layer (quotas); null for none.</summary>
    public uint? Project { get; init; }

    /// <summary>Absolute directories on the host below <see cref="SandboxSpec.LayersDirectory"/>, uppermost first; at least one.</summary>
    public required IReadOnlyList<string> Layers { get; init; }

    /// <summary>Whether the root filesystem is read-only for the container.</summary>
    public required bool ReadOnlyRootfs { get; init; }

    /// <summary>The program and its arguments; the first is searched in the container's <c>PATH</c> when it has no slash.</summary>
    public required IReadOnlyList<string> Args { get; init; }

    /// <summary>The environment, <c>NAME=value</c> each, exactly this.</summary>
    public required IReadOnlyList<string> Env { get; init; }

    /// <summary>The absolute working directory, which must exist.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>Whom it runs as.</summary>
    public required ProcessUser User { get; init; }

    /// <summary>Its capabilities.</summary>
    public required CapabilitySets Capabilities { get; init; }

    /// <summary>Whether exec never grants privileges.</summary>
    public required bool NoNewPrivileges { get; init; }

    /// <summary>The seccomp program; null for none, which is a choice to be made.</summary>
    public required SeccompProgram? Seccomp { get; init; }

    /// <summary>The label of AppArmor or SELinux; null for what these modules do by themselves.</summary>
    public required ExecLabel? Label { get; init; }

    /// <summary>Paths hidden behind an empty file or directory.</summary>
    public required IReadOnlyList<string> MaskedPaths { get; init; }

    /// <summary>Paths made read-only.</summary>
    public required IReadOnlyList<string> ReadOnlyPaths { get; init; }

    /// <summary>Mounts in the order they are made; the whole list, <c>/proc</c> and <c>/dev</c> too.</summary>
    public required IReadOnlyList<ContainerMount> Mounts { get; init; }

    /// <summary>Device nodes beyond those of <see cref="ContainerMount.Dev"/>.</summary>
    public IReadOnlyList<ContainerDevice> Devices { get; init; } = [];

    /// <summary>No device filter at all (privileged containers).</summary>
    public required bool AllowAllDevices { get; init; }

    /// <summary>Which PID namespace; <see cref="NamespaceMode.Pod"/> needs a sandbox made with it.</summary>
    public required NamespaceMode Pid { get; init; }

    /// <summary>Instead of <see cref="Pid"/>: another container, that runs, whose PID namespace it lives in, and with which it ends.</summary>
    public string? PidOf { get; init; }

    /// <summary>Whether the container sees the host's cgroup namespace (privileged containers); otherwise one of its own.</summary>
    public bool HostCgroupNamespace { get; init; }

    /// <summary>The wanted <c>oom_score_adj</c>; null leaves the inherited one.</summary>
    public int? OomScoreAdj { get; init; }

    /// <summary>Resource limits of setrlimit(2).</summary>
    public IReadOnlyList<ResourceLimit> ResourceLimits { get; init; } = [];

    /// <summary>The file mode creation mask.</summary>
    public uint Umask { get; init; } = 0x12; // 0022 octal

    /// <summary>A standard input that stays open for whoever attaches; otherwise it is <c>/dev/null</c>, or the terminal. Takes a log.</summary>
    public bool Stdin { get; init; }

    /// <summary>A terminal of its own for all three streams. Takes a log.</summary>
    public bool Tty { get; init; }

    /// <summary>Where its output goes, relative to the pod directory, for example <c>logs/web/0.log</c>; null for nowhere.</summary>
    public string? LogPath { get; init; }

    /// <summary>The size in bytes at which the log is rotated.</summary>
    public long LogMaxSize { get; init; }

    /// <summary>How many log files there may be, the current one counted.</summary>
    public int LogMaxFiles { get; init; }
}
