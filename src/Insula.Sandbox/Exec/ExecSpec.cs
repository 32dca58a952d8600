using Insula.Linux.Seccomp;
using Insula.Sandbox.Containers;

namespace Insula.Sandbox.Exec;

/// <summary>A command in a running container.</summary>
public sealed record ExecSpec
{
    /// <summary>The container.</summary>
    public required string ContainerId { get; init; }

    /// <summary>The program and its arguments.</summary>
    public required IReadOnlyList<string> Args { get; init; }

    /// <summary>The environment, <c>NAME=value</c> each, exactly this.</summary>
    public required IReadOnlyList<string> Env { get; init; }

    /// <summary>The absolute working directory.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>Whom it runs as.</summary>
    public required ProcessUser User { get; init; }

    /// <summary>Its capabilities.</summary>
    public required CapabilitySets Capabilities { get; init; }

    /// <summary>Whether exec never grants privileges.</summary>
    public required bool NoNewPrivileges { get; init; }

    /// <summary>The seccomp program, usually the container's; null for none.</summary>
    public required SeccompProgram? Seccomp { get; init; }

    /// <summary>The label of AppArmor or SELinux, usually the container's; null for none.</summary>
    public required ExecLabel? Label { get; init; }

    /// <summary>The wanted <c>oom_score_adj</c>; null leaves the inherited one.</summary>
    public int? OomScoreAdj { get; init; }

    /// <summary>Resource limits of setrlimit(2).</summary>
    public IReadOnlyList<ResourceLimit> ResourceLimits { get; init; } = [];

    /// <summary>The file mode creation mask.</summary>
    public uint Umask { get; init; } = 0x12; // 0022 octal

    /// <summary>Run on a new pseudo-terminal of the container; then there is one stream both ways, <see cref="ExecSession.Terminal"/>.</summary>
    public bool Tty { get; init; }

    /// <summary>Give standard input; otherwise it is <c>/dev/null</c>.</summary>
    public bool Stdin { get; init; }

    /// <summary>Take standard output; otherwise it is <c>/dev/null</c>.</summary>
    public bool Stdout { get; init; } = true;

    /// <summary>Take standard error; otherwise it is <c>/dev/null</c>.</summary>
    public bool Stderr { get; init; } = true;

    /// <summary>Run the daemon's program that copies files, whatever the container holds; <see cref="Args"/> begin with a name for it.</summary>
    public bool IsCopy { get; init; }

    /// <summary>Let what the command started and left behind run on when the command has ended by itself (a hook that starts a
    /// server). Otherwise all of it is ended with the session.</summary>
    public bool KeepDescendants { get; init; }
}
