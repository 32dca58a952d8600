using Insula.Linux;
using Insula.Linux.Cgroups;
using Insula.Linux.Files;
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
        using var shim = MakePlace(spec, record, directory);
        Failpoint.MayFail("sandbox.create.cgroups-made");
        SeqPacketSocket socket;
        using (SandboxTracing.Step("spawn the shim"))
        {
            socket = await spawner.SpawnAsync(spec.Id, directory, shim.UnifiedDirectory, ct).ConfigureAwait(false);
        }

        using var namespaces = SandboxTracing.Step("connect and make namespaces");
        return await PodSandbox.ConnectAsync(spec.Id, context, record, socket, client => SetUpAsync(spec, shim, client, ct), ct)
            .ConfigureAwait(false);
    }

    private CgroupPlacement MakePlace(SandboxSpec spec, SandboxRecord record, Descriptor directory)
    {
        using var step = SandboxTracing.Step("record and cgroups");
        Failpoint.MayFail("sandbox.create.unrecorded");
        SandboxPlace.Write(directory, SandboxRecord.FileName, record.Encode());
        Failpoint.MayFail("sandbox.create.recorded");
        context.Cgroups.Create(spec.CgroupParent, spec.PodSettings);
        context.Cgroups.Create(SandboxPlace.ShimCgroupOf(spec.Id), CgroupSettings.None);
        return context.Cgroups.OpenPlacement(SandboxPlace.ShimCgroupOf(spec.Id));
    }

    // In the cgroup2 hierarchy the shim was born in its group; into those of v1 it moves itself, which costs nothing there.
    private async Task SetUpAsync(SandboxSpec spec, CgroupPlacement shim, ShimClient client, CancellationToken ct)
    {
        using var init = OpenInit(spec);
        using var pod = Directories.Open(spec.PodDirectory);
        using var layers = Directories.Open(spec.LayersDirectory);
        using var podMount = DetachedMount.Clone(pod);
        using var layersMount = DetachedMount.Clone(layers, flags: MountFlags.ReadOnly);
        var plan = SandboxPlan.Build(
            spec,
            podMount,
            layersMount,
            shim.V1Tasks,
            init is null ? null : new PlanPlacement(init.UnifiedDirectory, init.V1Tasks));
        using var words = SealedMemFd.Create("sandbox-plan", plan.Words);
        using var answer = await client.CallAsync(
            $"sandbox '{spec.Id}'",
            ["setup"],
            [words, .. plan.Descriptors],
            context.Options.LaunchTimeout,
            ct).ConfigureAwait(false);
        Failpoint.MayFail("sandbox.create.set-up");
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
