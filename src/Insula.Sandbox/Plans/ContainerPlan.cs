using Insula.Linux;
using Insula.Sandbox.Containers;

namespace Insula.Sandbox.Plans;

/// <summary>The plan of a container.</summary>
internal static class ContainerPlan
{
    /// <summary>Builds the plan.</summary>
    /// <param name="spec">The container.</param>
    /// <param name="layersDirectory">The host's directory that appears as <c>/layers</c>.</param>
    /// <param name="placement">Its cgroup.</param>
    /// <param name="seccomp">A sealed memfd with its seccomp program.</param>
    /// <param name="identity">A file that takes the ids as the kernel has them.</param>
    public static LaunchPlan Build(ContainerSpec spec, string layersDirectory, PlanPlacement placement, Descriptor? seccomp, Descriptor identity)
    {
        var plan = new PlanWriter();
        plan.Add("--pid", spec.PidOf is { } target ? $"container:{target}" : PlanWords.Pid(spec.Pid));
        ProcessWords.Placement(plan, placement);
        plan.Add("--cgroupns", spec.HostCgroupNamespace ? "host" : "new");
        Rootfs(plan, spec, layersDirectory);
        foreach (var mount in spec.Mounts)
        {
            Mount(plan, mount);
        }

        foreach (var device in spec.Devices)
        {
            plan.Add(
                "--device",
                device.Target,
                device.IsBlock ? "b" : "c",
                PlanWriter.Decimal(device.Major),
                PlanWriter.Decimal(device.Minor),
                PlanWriter.Octal(device.Mode),
                PlanWriter.Decimal(device.Uid),
                PlanWriter.Decimal(device.Gid));
        }

        foreach (var path in (IEnumerable<string>)[.. spec.MaskedPaths, .. ForeignGroups(spec, placement)])
        {
            plan.Add("--mask", path);
        }

        foreach (var path in spec.ReadOnlyPaths)
        {
            plan.Add("--readonly", path);
        }

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
        plan.Add("--identity", plan.Number(identity));
        Log(plan, spec);
        Streams(plan, spec);
        ProcessWords.Program(plan, spec.Env, spec.Args);
        return plan.Finish();
    }

    // Where the container has no group of its own, its cgroup namespace begins at the daemon's: it would see everybody's groups.
    // Covered, not left out: language runtimes look for limits only when certain hierarchies are mounted.
    private static IEnumerable<string> ForeignGroups(ContainerSpec spec, PlanPlacement placement) =>
        spec.HostCgroupNamespace ? []
            : from mount in spec.Mounts.OfType<ContainerMount.Cgroupfs>()
              from name in placement.UnusedHierarchies
              select $"{mount.Target}/{name}";

    private static void Rootfs(PlanWriter plan, ContainerSpec spec, string layersDirectory)
    {
        if (spec.Layers.Count == 0)
        {
            throw new SandboxException($"container '{spec.Id}' has no image layer to stand on");
        }

        foreach (var layer in spec.Layers)
        {
            plan.Add("--lower", InLayers(layer, layersDirectory));
        }

        plan.Add("--upper", PodPaths.InPodDirectory(WritableLayer.UpperOf(spec.Id)));
        plan.Add("--work", PodPaths.InPodDirectory(WritableLayer.WorkOf(spec.Id)));
        // A writable layer belongs to one start of one boot, so nothing is owed to it after a power cut.
        plan.Flag("--overlay-volatile", true);
        plan.Flag("--rootfs-readonly", spec.ReadOnlyRootfs);
        if (spec.Label?.Mounts is { } context)
        {
            // Not said otherwise: a shim of an earlier version knows no such word.
            plan.Add("--mount-label", context);
        }
    }

    private static string InLayers(string layer, string layersDirectory)
    {
        var relative = Path.GetRelativePath(layersDirectory, layer);
        if (!Path.IsPathRooted(layer) || relative == "." || relative.StartsWith("..", StringComparison.Ordinal))
        {
            throw new SandboxException($"layer '{layer}' is not below the layers' directory '{layersDirectory}'");
        }

        return PodPaths.LayersDirectory + "/" + relative;
    }

    private static void Mount(PlanWriter plan, ContainerMount mount)
    {
        switch (mount)
        {
            case ContainerMount.Proc proc:
                plan.Add("--proc", proc.Target);
                break;
            case ContainerMount.Sysfs sysfs:
                plan.Add("--sysfs", sysfs.Target, PlanWords.Access(sysfs.ReadOnly));
                break;
            case ContainerMount.Cgroupfs cgroupfs:
                plan.Add("--cgroupfs", cgroupfs.Target, PlanWords.Access(cgroupfs.ReadOnly));
                break;
            case ContainerMount.MessageQueues queues:
                plan.Add("--mqueue", queues.Target);
                break;
            case ContainerMount.DevPts pts:
                plan.Add("--devpts", pts.Target);
                break;
            case ContainerMount.Dev dev:
                plan.Add("--dev", dev.Target);
                break;
            case ContainerMount.Tmpfs tmpfs:
                plan.Add(
                    "--tmpfs",
                    tmpfs.Target,
                    PlanWriter.Decimal(tmpfs.SizeBytes),
                    PlanWriter.Octal(tmpfs.Mode),
                    PlanWords.Options(tmpfs.Options));
                break;
            case ContainerMount.Bind bind:
                plan.Add(
                    "--bind",
                    bind.Source,
                    bind.Target,
                    PlanWords.Options(bind.Options),
                    PlanWords.Propagation(bind.Propagation));
                break;
            case ContainerMount.Detached detached:
                plan.Add(
                    "--bind-fd",
                    plan.Number(detached.Source),
                    detached.Target,
                    PlanWords.Options(detached.Options),
                    PlanWords.Propagation(detached.Propagation));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(mount), mount, "no such kind of mount");
        }
    }

    // Not said otherwise: a shim of an earlier version knows no such words.
    private static void Streams(PlanWriter plan, ContainerSpec spec)
    {
        if (spec.Stdin)
        {
            plan.Flag("--stdin", true);
        }

        if (spec.Tty)
        {
            plan.Flag("--tty", true);
        }
    }

    private static void Log(PlanWriter plan, ContainerSpec spec)
    {
        if (spec.LogPath is null)
        {
            plan.Add("--log", "none");
            return;
        }

        plan.Add(
            "--log",
            PodPaths.InPodDirectory(spec.LogPath),
            PlanWriter.Decimal(spec.LogMaxSize),
            PlanWriter.Decimal(spec.LogMaxFiles));
    }
}
