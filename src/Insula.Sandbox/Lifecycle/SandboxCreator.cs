using Insula.Linux;
using Insula.Linux.Cgroups;
using Insula.Linux.Files;
using Insula.Linux.Sockets;

namespace Insula.Sandbox.Lifecycle;

/// <summary>
/// Makes a sandbox: its record, the shim's cgroup, socket and process; while that begins, the pod's cgroups and the plan; then the namespaces, and meanwhile the place of the first container. So
/// whatever a crash leaves can be found by the run directory or the cgroups.
/// </summary>
internal sealed class SandboxCreator(SandboxContext context, ShimSpawner spawner)
{
    /// <summary>Makes it. On failure the caller destroys what was made.</summary>
    public async Task<PodSandbox> CreateAsync(SandboxSpec spec, CancellationToken ct)
    {
        var record = SandboxRecord.Of(spec);
        using var sandboxes = SandboxPlace.OpenSandboxes(context.Options);
        using var directory = Directories.Ensure(sandboxes, spec.Id);
        using var shim = MakePlace(spec, record, directory);
        Failpoint.MayFail("sandbox.create.placed");
        using var setUp = new SandboxSetUp(context, spec);
        SeqPacketSocket socket;
        using (SandboxTracing.Step("spawn the shim"))
        {
            var spawning = spawner.SpawnAsync(spec.Id, directory, shim.UnifiedDirectory, ct);
            try
            {
                setUp.Prepare(shim);
            }
            catch
            {
                await LetGoAsync(spawning).ConfigureAwait(false);
                throw;
            }

            socket = await spawning.ConfigureAwait(false);
        }

        using var namespaces = SandboxTracing.Step("connect and make namespaces");
        return await PodSandbox.ConnectAsync(spec.Id, context, record, socket, client => setUp.SendAsync(client, record, ct), ct).ConfigureAwait(false);
    }

    private CgroupPlacement MakePlace(SandboxSpec spec, SandboxRecord record, Descriptor directory)
    {
        using var step = SandboxTracing.Step("record and cgroups");
        Failpoint.MayFail("sandbox.create.unrecorded");
        SandboxPlace.Write(directory, SandboxRecord.FileName, record.Encode());
        Failpoint.MayFail("sandbox.create.recorded");
        context.Cgroups.Create(SandboxPlace.ShimCgroupOf(spec.Id), CgroupSettings.None);
        return context.Cgroups.OpenPlacement(SandboxPlace.ShimCgroupOf(spec.Id));
    }

    // Whoever destroys what was made must find all of it there.
    private static async Task LetGoAsync(Task<SeqPacketSocket> spawning)
    {
        try
        {
            (await spawning.ConfigureAwait(false)).Dispose();
        }
        catch (Exception e) when (e is SandboxException or LinuxException or OperationCanceledException)
        {
            // The failure that came before is the one that is told.
        }
    }
}
