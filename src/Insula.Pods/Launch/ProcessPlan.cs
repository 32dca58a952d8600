using Insula.Linux.Seccomp;
using Insula.Sandbox.Containers;

namespace Insula.Pods.Launch;

/// <summary>What a container's program and the commands run in it have in common.</summary>
internal sealed record ProcessPlan
{
    public required IReadOnlyList<string> Args { get; init; }

    public required IReadOnlyList<string> Env { get; init; }

    public required string WorkingDirectory { get; init; }

    public required ProcessUser User { get; init; }

    public required CapabilitySets Capabilities { get; init; }

    public required bool NoNewPrivileges { get; init; }

    public required SeccompProgram? Seccomp { get; init; }

    public required ExecLabel? Label { get; init; }

    public required IReadOnlyList<ResourceLimit> ResourceLimits { get; init; }

    public required int OomScoreAdj { get; init; }

    /// <summary>The manifest's variables, for <c>subPathExpr</c>.</summary>
    public required IReadOnlyDictionary<string, string> Variables { get; init; }
}
