using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.Processes;
using Insula.Linux.Sockets;
using Insula.Sandbox.Plans;
using Insula.Sandbox.Shim;

namespace Insula.Sandbox.Lifecycle;

/// <summary>Removes all that a sandbox may have left, in whatever state. Each step may be repeated, and the run directory
/// goes last, so that a crash in between leaves something to find the rest by.</summary>
internal sealed class SandboxRemover(SandboxContext context)
{
    /// <summary>Removes it.</summary>
    /// <param name="id">The sandbox.</param>
    /// <param name="live">Its connection, if its shim answers; the caller's.</param>
    /// <param name="ct">Stops waiting.</param>
    public async Task RemoveAsync(string id, PodSandbox? live, CancellationToken ct)
    {
        live?.BeginEnd();
        using var sandboxes = SandboxPlace.OpenSandboxes(context.Options);
        using var directory = SandboxPlace.TryOpen(sandboxes, id);
        var podUid = SandboxId.PodUidOf(id);
        var record = directory is null ? null : ReadRecord(directory);
        var podDirectory = record?.PodDirectory ?? Path.Combine(context.Options.RootDirectory, "pods", podUid);
        // A second sandbox of the same pod would mean that the pod's cgroup and layers are its, and alive.
        var isLast = !Known(sandboxes).Any(other => other != id && SandboxId.PodUidOf(other) == podUid);
        var cgroups = isLast ? PodCgroups(podUid, record).ToList() : [];
        foreach (var cgroup in cgroups)
        {
            await context.KillAsync(cgroup, ct).ConfigureAwait(false);
        }

        Failpoint.MayFail("sandbox.destroy.killed");
        var shimEnds = EndShimAsync(id, live, directory, ct);
        if (live is null)
        {
            // One that nobody has talked to may be about to start a container.
            await shimEnds.ConfigureAwait(false);
        }

        // No process has the groups and layers any more, so that they go while the shim ends.
        await Task.WhenAll(shimEnds, RemoveContainersAsync(cgroups, isLast ? podDirectory : null, ct)).ConfigureAwait(false);
        await context.RemoveAsync(SandboxPlace.ShimCgroupOf(id), ct).ConfigureAwait(false);
        Failpoint.MayFail("sandbox.destroy.cgroups-removed");
        RemoveTree.Remove(sandboxes, id);
        Failpoint.Hit("sandbox.destroy.directory-removed");
    }

    /// <summary>Names in the directory of sandboxes.</summary>
    public static IEnumerable<string> Known(Descriptor sandboxes) =>
        Directory.EnumerateDirectories(sandboxes.ProcPath).Select(path => Path.GetFileName(path));

    /// <summary>The record of a sandbox; null when a crash came before it was written.</summary>
    public static SandboxRecord? ReadRecord(Descriptor directory) =>
        SandboxPlace.TryRead(directory, SandboxRecord.FileName) is { Length: > 0 } bytes ? SandboxRecord.Decode(bytes) : null;

    private IEnumerable<string> PodCgroups(string podUid, SandboxRecord? record)
    {
        if (record is not null)
        {
            return [record.CgroupParent];
        }

        return context.Cgroups.List(SandboxPlace.PodCgroups)
            .Select(qos => $"{SandboxPlace.PodCgroups}/{qos}/pod{podUid}")
            .Where(context.Cgroups.Exists);
    }

    private async Task RemoveContainersAsync(IEnumerable<string> cgroups, string? podDirectory, CancellationToken ct)
    {
        foreach (var cgroup in cgroups)
        {
            await context.RemoveAsync(cgroup, ct).ConfigureAwait(false);
        }

        Failpoint.MayFail("sandbox.destroy.pod-cgroups-removed");
        using var pod = podDirectory is null ? null : SandboxPlace.TryOpenPath(podDirectory);
        if (pod is not null)
        {
            RemoveTree.Remove(pod, WritableLayer.Directory);
        }

        Failpoint.MayFail("sandbox.destroy.layers-removed");
    }

    private async Task EndShimAsync(string id, PodSandbox? live, Descriptor? directory, CancellationToken ct)
    {
        if (live is not null)
        {
            try
            {
                // In peace first: it still has the last lines of the logs to write.
                await live.StopShimAsync(ct).ConfigureAwait(false);
                if (live.Shim is { } shim)
                {
                    await shim.WaitForExitAsync(context.Events, ct).WaitAsync(context.Options.RequestTimeout, context.Time, ct).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is SandboxException or TimeoutException or LinuxException)
            {
                SandboxLog.ShimKilled(context.Log, id, e.Message);
            }
        }

        await context.KillAsync(SandboxPlace.ShimCgroupOf(id), ct).ConfigureAwait(false);
        if (live is null && directory is not null)
        {
            await StopUnplacedAsync(id, directory, ct).ConfigureAwait(false);
            ShimSpawner.KillRecorded(directory);
        }

        Failpoint.MayFail("sandbox.destroy.shim-ended");
    }

    // A shim that a crash cut off before its set-up is in no cgroup of ours yet. It holds nothing and stops when asked to.
    private async Task StopUnplacedAsync(string id, Descriptor directory, CancellationToken ct)
    {
        try
        {
            var socket = SeqPacketSocket.Connect(directory, SandboxPlace.SocketName);
            await using var client = new ShimClient(socket, context.Events, context.Time, context.Log, _ => { }, _ => { });
            using var shim = PidFd.Open(await client.HelloAsync(context.Options.RequestTimeout, ct).ConfigureAwait(false));
            using var answer = await client.CallAsync("shim", ["stop"], [], context.Options.RequestTimeout, ct).ConfigureAwait(false);
            await shim.WaitForExitAsync(context.Events, ct).WaitAsync(context.Options.RequestTimeout, context.Time, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (e is LinuxException or SandboxException or TimeoutException)
        {
            // Nearly always: nobody listens any more.
            SandboxLog.ShimUnreachable(context.Log, id, e.Message);
        }
    }
}
