using Insula.Linux;
using Insula.Sandbox.Exec;

namespace Insula.Sandbox.Plans;

/// <summary>The plan of a command in a running container.</summary>
internal static class ExecPlan
{
    /// <summary>Builds the plan.</summary>
    /// <param name="spec">The command.</param>
    /// <param name="placement">Its cgroup.</param>
    /// <param name="seccomp">A sealed memfd with its seccomp program.</param>
    /// <param name="stdin">The process's end of its standard input, or null for <c>/dev/null</c>.</param>
    /// <param name="stdout">The process's end of its standard output, or null for <c>/dev/null</c>.</param>
    /// <param name="stderr">The process's end of its standard error, or null for <c>/dev/null</c>.</param>
    /// <param name="program">The file to execute; null for the one that the arguments name.</param>
    public static LaunchPlan Build(
        ExecSpec spec,
        PlanPlacement placement,
        Descriptor? seccomp,
        Descriptor? stdin,
        Descriptor? stdout,
        Descriptor? stderr,
        Descriptor? program = null)
    {
        var plan = new PlanWriter();
        plan.Add("--container", spec.ContainerId);
        ProcessWords.Placement(plan, placement);
        ProcessWords.Process(
            plan,
            spec.WorkingDirectory,
            spec.Umask,
            spec.User,
            spec.Capabilities,
            spec.NoNewPrivileges,
            seccomp,
            spec.Seccomp?.Flags ?? 0,
            spec.Label,
            spec.OomScoreAdj,
            spec.ResourceLimits);
        if (program is not null)
        {
            plan.Add("--program", plan.Number(program));
        }

        plan.Flag("--tty", spec.Tty);
        plan.Add("--stdio", Stream(plan, stdin), Stream(plan, stdout), Stream(plan, stderr));
        ProcessWords.Program(plan, spec.Env, spec.Args);
        return plan.Finish();
    }

    private static string Stream(PlanWriter plan, Descriptor? stream) => stream is null ? "-" : plan.Number(stream);
}
