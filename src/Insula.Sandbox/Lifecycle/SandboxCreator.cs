using Insula.Linux;
using Insula.Linux.Cgroups;
using Insula.Linux.Files;
using Insula.Linux.LibC;
using Insula.Linux.Memory;
using Insula.Linux.Mounts;
using Insula.Linux.Sockets;
using Insula.Sandbox.Plans;
using Insula.Sandbox.Shim;

namespace Insula.Sandbox.Lifecycle;

/// <summary>Makes a sandbox: record, cgroups, socket, shim, namespaces, in this order, so that whatever a crash leaves can
/// be found by the run directory or the cgroups.</summary>
internal sealed class SandboxCreator(SandboxContext context, ShimSpawner spawner)
{
    /// <summary>Makes it. On failure the caller destroys what was made.</summary>
    public async Task<PodSandbox> CreateAsync(SandboxSpec spec, CancellationToken ct)
    {
        var record = SandboxRecord.Of(spec);
        using var sandboxes = SandboxPlace.OpenSandboxes(context.Options);
        using var directory = Directories.Ensure(sandboxes, spec.Id);
        AtomicFile.Write(directory, SandboxRecord.FileName, record.Encode());
        context.Cgroups.Create(spec.CgroupParent, spec.PodSettings);
        context.Cgroups.Create(SandboxPlace.ShimCgroupOf(spec.Id), CgroupSettings.None);
        var socket = spawner.Spawn(spec.Id, directory);
        return await PodSandbox.ConnectAsync(spec.Id, context, record, socket, client => SetUpAsync(spec, client, ct), ct)
            .ConfigureAwait(false);
    }

    private async Task SetUpAsync(SandboxSpec spec, ShimClient client, CancellationToken ct)
    {
        using var shim = context.Cgroups.OpenPlacement(SandboxPlace.ShimCgroupOf(spec.Id));
        using var unified = shim.UnifiedDirectory is { } group
            ? Descriptor.OpenAt(group, "cgroup.procs", fcntl.O_WRONLY)
            : null;
        using var init = OpenInit(spec);
        using var pod = Directories.Open(spec.PodDirectory);
        using var layers = Directories.Open(spec.LayersDirectory);
        using var podMount = DetachedMount.Clone(pod);
        using var layersMount = DetachedMount.Clone(layers, flags: MountFlags.ReadOnly);
        Descriptor[] procs = unified is null ? [.. shim.V1Tasks] : [unified, .. shim.V1Tasks];
        var plan = SandboxPlan.Build(
            spec,
            podMount,
            layersMount,
            procs,
            init is null ? null : new PlanPlacement(init.UnifiedDirectory, init.V1Tasks));
        using var words = SealedMemFd.Create("sandbox-plan", plan.Words);
        using var answer = await client.CallAsync(
            $"sandbox '{spec.Id}'",
            ["setup"],
            [words, .. plan.Descriptors],
            context.Options.LaunchTimeout,
            ct).ConfigureAwait(false);
    }

    private CgroupPlacement? OpenInit(SandboxSpec spec)
    {
        if (spec.Pid != NamespaceMode.Pod)
        {
            return null;
        }

        var path = $"{spec.CgroupParent}/{SandboxPlace.InitCgroup}";
        context.Cgroups.Create(path, CgroupSettings.None);
        return context.Cgroups.OpenPlacement(path);
    }
}
