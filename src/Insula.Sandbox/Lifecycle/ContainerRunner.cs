using System.Globalization;

using Insula.Linux;
using Insula.Linux.Cgroups;
using Insula.Linux.Files;
using Insula.Linux.Memory;
using Insula.Sandbox.Containers;
using Insula.Sandbox.Plans;
using Insula.Sandbox.Shim;

namespace Insula.Sandbox.Lifecycle;

/// <summary>Starts and removes the containers of a sandbox.</summary>
/// <param name="sandboxId">The sandbox.</param>
/// <param name="context">What sandboxes share.</param>
/// <param name="record">What is known of it.</param>
/// <param name="client">Its shim.</param>
/// <param name="table">Its containers.</param>
internal sealed class ContainerRunner(string sandboxId, SandboxContext context, SandboxRecord record, ShimClient client, ContainerTable table)
{
    private const string RefusedOomScore = "oom-score-adj-refused";
    private const string RefusedLimit = "rlimit-refused";

    private ExpectedContainer? _expected;

    /// <summary>The place of a container has been made: that of the first to be started, if it is as was expected.</summary>
    public void Expect(ExpectedContainer? made) => _expected = made;

    public string CgroupOf(string containerId) => ContainerPlace.CgroupOf(record, containerId);

    public async Task<StartedContainer> StartAsync(ContainerSpec spec, CancellationToken ct)
    {
        SandboxId.Check("container", spec.Id);
        table.Claim(spec.Id);
        try
        {
            if (Interlocked.Exchange(ref _expected, null)?.IsFor(spec) != true)
            {
                ContainerPlace.Make(context, record, spec);
            }

            Failpoint.MayFail("sandbox.start.prepared");
            using var identity = IdentityFile.Create(context.Options, sandboxId, spec.Id);
            var (pid, startedAt, words) = await LaunchAsync(spec, identity, ct).ConfigureAwait(false);
            Failpoint.MayFail("sandbox.start.launched");
            var state = table.Started(spec.Id, pid, startedAt, IdentityFile.Read(identity));
            return new StartedContainer(state.Pid, state.StartedAt, state.User, words.Contains(RefusedOomScore), words.Contains(RefusedLimit));
        }
        catch
        {
            await UndoStartAsync(spec.Id).ConfigureAwait(false);
            throw;
        }
    }

    public async Task SignalAsync(string containerId, int signal, CancellationToken ct)
    {
        using var answer = await client.CallAsync(
            $"container '{containerId}'",
            ["signal", containerId, signal.ToString(CultureInfo.InvariantCulture)],
            [],
            context.Options.RequestTimeout,
            ct).ConfigureAwait(false);
    }

    public Task KillAsync(string containerId, CancellationToken ct)
    {
        SandboxId.Check("container", containerId);
        return context.KillAsync(CgroupOf(containerId), ct);
    }

    public async Task RemoveAsync(string containerId, CancellationToken ct)
    {
        SandboxId.Check("container", containerId);
        await context.KillAsync(CgroupOf(containerId), ct).ConfigureAwait(false);
        if (table.Find(containerId) is { IsRunning: true })
        {
            await WaitEndedAsync(containerId, ct).ConfigureAwait(false);
        }

        Failpoint.MayFail("sandbox.remove.ended");
        await ForgetAsync(containerId, ct).ConfigureAwait(false);
        Failpoint.MayFail("sandbox.remove.forgotten");
        await context.RemoveAsync(CgroupOf(containerId), ct).ConfigureAwait(false);
        Failpoint.MayFail("sandbox.remove.cgroup-removed");
        ContainerPlace.RemoveLayer(record, containerId);
        Failpoint.MayFail("sandbox.remove.layer-removed");
        IdentityFile.Remove(context.Options, sandboxId, containerId);
        table.Remove(containerId);
    }

    /// <summary>Removes what is left of containers that the shim does not know: an earlier daemon ended before their start, or after
    /// the shim had forgotten them.</summary>
    /// <param name="known">Those it knows.</param>
    /// <param name="ct">Stops waiting.</param>
    public async Task SweepAsync(IReadOnlySet<string> known, CancellationToken ct)
    {
        foreach (var id in context.Cgroups.List(record.CgroupParent).Where(id => id != SandboxPlace.InitCgroup && !known.Contains(id)))
        {
            await context.KillAsync(CgroupOf(id), ct).ConfigureAwait(false);
            await context.RemoveAsync(CgroupOf(id), ct).ConfigureAwait(false);
        }

        using var pod = SandboxPlace.TryOpenPath(record.PodDirectory);
        using var containers = pod is null ? null : SandboxPlace.TryOpenChild(pod, WritableLayer.Directory);
        if (containers is not null)
        {
            foreach (var id in SandboxRemover.Known(containers).Where(id => !known.Contains(id)).ToList())
            {
                RemoveTree.Remove(containers, id);
            }
        }

        IdentityFile.Sweep(context.Options, sandboxId, known);
    }

    /// <summary>Whether the memory controller has killed in the container; to be asked before its cgroup is removed.</summary>
    public bool WasOomKilled(string containerId)
    {
        try
        {
            return context.Cgroups.ReadEvents(CgroupOf(containerId)).OomKills > 0;
        }
        catch (LinuxException e)
        {
            SandboxLog.EventsUnreadable(context.Log, containerId, e.Message);
            return false;
        }
    }

    /// <summary>Ends what outlives a container's first process where PID namespaces do not see to it.</summary>
    public async Task EndLeftoversAsync(string containerId)
    {
        try
        {
            await context.KillAsync(CgroupOf(containerId), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SandboxException or LinuxException)
        {
            SandboxLog.LeftoversAlive(context.Log, containerId, e.Message);
        }
    }

    // Also after a deadline or a cancellation, when the shim may still start it: emptying and removing the cgroup it would
    // be started into ends it in every case.
    private async Task UndoStartAsync(string containerId)
    {
        try
        {
            await RemoveAsync(containerId, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SandboxException or LinuxException)
        {
            SandboxLog.StartLeft(context.Log, containerId, e.Message);
            table.Remove(containerId);
        }
    }

    private async Task<(int Pid, DateTimeOffset StartedAt, IReadOnlyList<string> Words)> LaunchAsync(
        ContainerSpec spec,
        Descriptor identity,
        CancellationToken ct)
    {
        using var placement = context.Cgroups.OpenPlacement(CgroupOf(spec.Id));
        using var launch = SandboxTracing.Step("launch");
        using var seccomp = spec.Seccomp is null ? null : SealedMemFd.Create("seccomp", spec.Seccomp.Instructions.Span);
        var plan = ContainerPlan.Build(
            spec,
            record.LayersDirectory,
            new PlanPlacement(placement.UnifiedDirectory, placement.V1Tasks) { UnusedHierarchies = context.Cgroups.UnusedHierarchies },
            seccomp,
            identity);
        using var words = SealedMemFd.Create("container-plan", plan.Words);
        var call = client.CallAsync(
            $"container '{spec.Id}'",
            ["start", spec.Id],
            [words, .. plan.Descriptors],
            context.Options.LaunchTimeout,
            CancellationToken.None);
        using var answer = await Launch.WaitAsync(call, () => KillAsync(spec.Id, CancellationToken.None), ct).ConfigureAwait(false);
        return answer.Words is [var pid, var started, ..]
            ? (ShimMessage.Int(pid), ShimMessage.Time(started), answer.Words)
            : throw ShimMessage.Malformed(answer.Words);
    }

    private async Task WaitEndedAsync(string containerId, CancellationToken ct)
    {
        try
        {
            await table.WhenEnded(containerId).WaitAsync(context.Options.DestroyTimeout, context.Time, ct).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new SandboxException($"container '{containerId}' was killed, but the shim has not seen its end", e);
        }
    }

    private async Task ForgetAsync(string containerId, CancellationToken ct)
    {
        try
        {
            await AcknowledgeAsync(containerId, ct).ConfigureAwait(false);
        }
        catch (LaunchException e) when (e.Errno == Errno.ENOENT)
        {
            SandboxLog.NothingToAcknowledge(context.Log, containerId);
        }
        catch (LaunchException e) when (e.Errno == Errno.EBUSY)
        {
            // Started after its asker had given up: its end, which the emptied cgroup brings, is still to be told.
            await WaitEndedAsync(containerId, ct).ConfigureAwait(false);
            await AcknowledgeAsync(containerId, ct).ConfigureAwait(false);
        }
    }

    private async Task AcknowledgeAsync(string containerId, CancellationToken ct)
    {
        using var answer = await client.CallAsync(
            $"container '{containerId}'",
            ["ack", "container", containerId],
            [],
            context.Options.RequestTimeout,
            ct).ConfigureAwait(false);
    }
}
