using Insula.Linux;

namespace Insula.Sandbox.Plans;

/// <summary>The plan of a pod's namespaces.</summary>
internal static class SandboxPlan
{
    /// <summary>Builds the plan.</summary>
    /// <param name="spec">The sandbox.</param>
    /// <param name="podDirectory">A detached mount of the pod's directory.</param>
    /// <param name="layers">A detached read-only mount of the layers' directory.</param>
    /// <param name="shimProcs">One file a hierarchy into which the shim writes itself.</param>
    /// <param name="init">Where the pod's PID 1 goes; null unless the pod shares its processes.</param>
    public static LaunchPlan Build(
        SandboxSpec spec,
        Descriptor podDirectory,
        Descriptor layers,
        IReadOnlyList<Descriptor> shimProcs,
        PlanPlacement? init)
    {
        var plan = new PlanWriter();
        plan.Add("--net", NetworkWord(spec, plan));
        plan.Add("--ipc", Shared(spec.Ipc, nameof(spec.Ipc)));
        plan.Add("--uts", Shared(spec.Uts, nameof(spec.Uts)));
        plan.Add("--userns", spec.UserIds?.ToString() ?? "host");
        plan.Add("--pid", PlanWords.Pid(spec.Pid));
        if (init is not null)
        {
            if (init.UnifiedDirectory is { } unified)
            {
                plan.Add("--init-cgroup", plan.Number(unified));
            }

            foreach (var tasks in init.V1Tasks)
            {
                plan.Add("--init-cgroup-tasks", plan.Number(tasks));
            }
        }

        if (spec.Uts == NamespaceMode.Pod)
        {
            plan.Add("--hostname", spec.Hostname);
            plan.Add("--domainname", spec.Domainname ?? "-");
        }

        foreach (var procs in shimProcs)
        {
            plan.Add("--shim-cgroup", plan.Number(procs));
        }

        plan.Add("--pod-dir", plan.Number(podDirectory));
        plan.Add("--layers", plan.Number(layers));
        foreach (var volume in spec.MemoryVolumes)
        {
            plan.Add("--memory-volume", volume.Name, PlanWriter.Decimal(volume.SizeBytes), PlanWriter.Octal(volume.Mode), PlanWriter.Decimal(volume.Group));
        }

        foreach (var (name, value) in spec.Sysctls.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            plan.Add("--sysctl", name, value);
        }

        return plan.Finish();
    }

    private static string NetworkWord(SandboxSpec spec, PlanWriter plan) => spec switch
    {
        { Network: NamespaceMode.Pod, ExistingNetworkNamespace: { } existing } => "fd:" + plan.Number(existing),
        _ => Shared(spec.Network, nameof(spec.Network)),
    };

    private static string Shared(NamespaceMode mode, string name) => mode switch
    {
        NamespaceMode.Pod => "new",
        NamespaceMode.Host => "host",
        _ => throw new ArgumentOutOfRangeException(name, mode, "a pod's containers share this namespace"),
    };
}
