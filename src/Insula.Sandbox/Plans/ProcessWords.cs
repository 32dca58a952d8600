using System.Globalization;

using Insula.Linux;
using Insula.Sandbox.Containers;

namespace Insula.Sandbox.Plans;

/// <summary>The words that describe a process, the same for a container and a command in it.</summary>
internal static class ProcessWords
{
    public static void Placement(PlanWriter plan, PlanPlacement placement)
    {
        plan.Add("--cgroup", placement.UnifiedDirectory is { } unified ? plan.Number(unified) : "-");
        foreach (var tasks in placement.V1Tasks)
        {
            plan.Add("--cgroup-tasks", plan.Number(tasks));
        }
    }

    public static void Process(
        PlanWriter plan,
        string workingDirectory,
        uint umask,
        ProcessUser user,
        CapabilitySets capabilities,
        bool noNewPrivileges,
        Descriptor? seccomp,
        uint seccompFlags,
        ExecLabel? label,
        int? oomScoreAdj,
        IReadOnlyList<ResourceLimit> limits)
    {
        plan.Add("--cwd", workingDirectory);
        plan.Add("--umask", PlanWriter.Octal(umask));
        plan.Add("--uid", PlanWriter.Decimal(user.Uid));
        plan.Add("--gid", PlanWriter.Decimal(user.Gid));
        plan.Add("--groups", PlanWords.Groups(user.Groups));
        plan.Add(
            "--caps",
            PlanWords.Mask(capabilities.Bounding),
            PlanWords.Mask(capabilities.Effective),
            PlanWords.Mask(capabilities.Permitted),
            PlanWords.Mask(capabilities.Inheritable),
            PlanWords.Mask(capabilities.Ambient));
        plan.Flag("--no-new-privs", noNewPrivileges);
        plan.Add("--seccomp", seccomp is null ? "none" : plan.Number(seccomp));
        if (seccompFlags != 0)
        {
            plan.Add("--seccomp-flags", PlanWords.Mask(seccompFlags));
        }

        plan.Add("--lsm", label?.File ?? "none", label?.Text ?? "-");
        plan.Add("--oom-score-adj", oomScoreAdj?.ToString(CultureInfo.InvariantCulture) ?? "-");
        foreach (var limit in limits)
        {
            plan.Add("--rlimit", limit.Name.ToUpperInvariant(), ResourceLimit.Text(limit.Soft), ResourceLimit.Text(limit.Hard));
        }
    }

    public static void Program(PlanWriter plan, IReadOnlyList<string> env, IReadOnlyList<string> args)
    {
        if (args.Count == 0)
        {
            throw new SandboxException("there is no program to run: the arguments are empty");
        }

        foreach (var variable in env)
        {
            plan.Add("--env", variable);
        }

        foreach (var arg in args)
        {
            plan.Add("--arg", arg);
        }
    }
}
