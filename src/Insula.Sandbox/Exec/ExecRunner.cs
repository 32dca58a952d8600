using System.Globalization;

using Insula.Linux;
using Insula.Linux.Cgroups;
using Insula.Linux.Memory;
using Insula.Sandbox.Lifecycle;
using Insula.Sandbox.Plans;
using Insula.Sandbox.Shim;

namespace Insula.Sandbox.Exec;

/// <summary>Starts commands, each in a cgroup of its own below its container's, and sees that all of each is gone.</summary>
internal sealed class ExecRunner(SandboxContext context, SandboxRecord record, ShimClient client, ExecRegistry registry)
{
    public async Task<ExecSession> StartAsync(ExecSpec spec, bool merged, CancellationToken ct)
    {
        SandboxId.Check("container", spec.ContainerId);
        var entry = registry.Add(spec.ContainerId);
        var pipes = ExecPipes.Open(spec, merged, context.Events);
        try
        {
            await LaunchAsync(spec, entry, pipes, ct).ConfigureAwait(false);
            return new ExecSession(this, entry, pipes, spec.KeepDescendants);
        }
        catch
        {
            pipes.Dispose();
            await AbandonAsync(entry).ConfigureAwait(false);
            throw;
        }
    }

    public async Task<ExecOutcome> RunAsync(ExecSpec spec, TimeSpan timeout, int maximumOutputBytes, CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(timeout, context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        var output = new OutputBuffer(maximumOutputBytes);
        ExecResult? result = null;
        try
        {
            var wanted = spec with { Tty = false, Stdin = false, Stdout = true, Stderr = true };
            await using var session = await StartAsync(wanted, merged: true, either.Token).ConfigureAwait(false);
            using var ended = new CancellationTokenSource();
            var reading = output.ReadAsync((DescriptorStream)session.Stdout!, ended.Token);
            try
            {
                result = await session.Completion.WaitAsync(either.Token).ConfigureAwait(false);
            }
            finally
            {
                if (result is null || !spec.KeepDescendants)
                {
                    await session.KillAsync(CancellationToken.None).ConfigureAwait(false);
                }

                // Every writer is gone, or those that go on are not waited for: what is in the pipe is all.
                await ended.CancelAsync().ConfigureAwait(false);
                await reading.ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            // Told by the outcome.
        }

        return new ExecOutcome(result, output.Kept, output.Truncated);
    }

    public Task ResizeAsync(string id, int rows, int columns, CancellationToken ct) => CallAsync(
        id,
        ["resize", id, rows.ToString(CultureInfo.InvariantCulture), columns.ToString(CultureInfo.InvariantCulture)],
        ct);

    public Task SignalAsync(string id, int signal, CancellationToken ct) =>
        CallAsync(id, ["exec-signal", id, signal.ToString(CultureInfo.InvariantCulture)], ct);

    public async Task KillAsync(ExecEntry entry, CancellationToken ct)
    {
        if (!entry.Gone.Task.IsCompleted)
        {
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var killing = context.KillAsync(CgroupOf(entry), enough.Token);
            // The shim's word comes at once; the kernel tells of a group's emptiness at most every 10 ms.
            if (await Task.WhenAny(killing, entry.Gone.Task).ConfigureAwait(false) != killing)
            {
                await enough.CancelAsync().ConfigureAwait(false);
            }

            try
            {
                await killing.ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                // Not needed any more.
            }
        }

        await WaitGoneAsync(entry, ct).ConfigureAwait(false);
    }

    /// <summary>Ends a command's tree unless it may go on, and forgets it when it is gone. Never throws: what fails here is
    /// found again by the container's removal.</summary>
    public async Task ReleaseAsync(ExecEntry entry, bool keepDescendants)
    {
        if (keepDescendants && entry.Ended.Task.IsCompletedSuccessfully && !entry.Gone.Task.IsCompleted)
        {
            _ = ForgetWhenGoneAsync(entry);
            return;
        }

        await GuardAsync(entry, async () =>
        {
            await KillAsync(entry, CancellationToken.None).ConfigureAwait(false);
            await ForgetAsync(entry).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    /// <summary>Ends what an earlier daemon's sessions left, since their streams ended with it.</summary>
    public async Task EndInheritedAsync(IEnumerable<string> containerIds, CancellationToken ct)
    {
        foreach (var container in containerIds)
        {
            var cgroup = $"{record.CgroupParent}/{container}";
            foreach (var child in context.Cgroups.List(cgroup).Where(name => name.StartsWith("exec-", StringComparison.Ordinal)))
            {
                var path = $"{cgroup}/{child}";
                await context.KillAsync(path, ct).ConfigureAwait(false);
                await context.RemoveAsync(path, ct).ConfigureAwait(false);
            }
        }

        foreach (var entry in registry.Inherited())
        {
            await AcknowledgeAsync(entry, ct).ConfigureAwait(false);
            registry.Remove(entry.Id);
        }
    }

    private async Task LaunchAsync(ExecSpec spec, ExecEntry entry, ExecPipes pipes, CancellationToken ct)
    {
        using var placement = OpenPlacement(entry);
        Failpoint.MayFail("sandbox.exec.cgroup-made");
        using var seccomp = spec.Seccomp is null ? null : SealedMemFd.Create("seccomp", spec.Seccomp.Instructions.Span);
        var plan = ExecPlan.Build(
            spec,
            new PlanPlacement(placement.UnifiedDirectory, placement.V1Tasks),
            seccomp,
            pipes.ChildStdin,
            pipes.ChildStdout,
            pipes.ChildStderr,
            spec.IsCopy ? context.Copy?.Executable ?? throw new SandboxException("there is no program that copies") : null);
        using var words = SealedMemFd.Create("exec-plan", plan.Words);
        var call = client.CallAsync(
            $"command in container '{spec.ContainerId}'",
            ["exec", entry.Id],
            [words, .. plan.Descriptors],
            context.Options.LaunchTimeout,
            CancellationToken.None);
        using var answer = await Launch.WaitAsync(call, () => context.KillAsync(CgroupOf(entry), CancellationToken.None), ct)
            .ConfigureAwait(false);
        Failpoint.MayFail("sandbox.exec.launched");
        pipes.CloseChildEnds();
        if (spec.Tty)
        {
            pipes.TakeTerminal(answer.Take(0));
        }
    }

    private CgroupPlacement OpenPlacement(ExecEntry entry)
    {
        try
        {
            // For tracking and killing only: limits and counters are the container's.
            context.Cgroups.CreateTracking(CgroupOf(entry));
            return context.Cgroups.OpenPlacement(CgroupOf(entry));
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            throw new SandboxException($"container '{entry.ContainerId}' does not exist", e);
        }
    }

    private async Task WaitGoneAsync(ExecEntry entry, CancellationToken ct)
    {
        try
        {
            await entry.Gone.Task.WaitAsync(context.Options.DestroyTimeout, context.Time, ct).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new SandboxException(
                $"command {entry.Id} of container '{entry.ContainerId}' was killed, but the shim still sees processes of it", e);
        }
    }

    private Task ForgetWhenGoneAsync(ExecEntry entry) => GuardAsync(entry, async () =>
    {
        await entry.Gone.Task.ConfigureAwait(false);
        await ForgetAsync(entry).ConfigureAwait(false);
    });

    private async Task ForgetAsync(ExecEntry entry)
    {
        Failpoint.Hit("sandbox.exec.gone");
        await AcknowledgeAsync(entry, CancellationToken.None).ConfigureAwait(false);
        registry.Remove(entry.Id);
        Failpoint.Hit("sandbox.exec.forgotten");
        await context.RemoveAsync(CgroupOf(entry), CancellationToken.None).ConfigureAwait(false);
    }

    // The start failed or nobody waits for it any more: it may never have begun, or begin only now.
    private Task AbandonAsync(ExecEntry entry) => GuardAsync(entry, async () =>
    {
        await context.KillAsync(CgroupOf(entry), CancellationToken.None).ConfigureAwait(false);
        await ForgetAsync(entry).ConfigureAwait(false);
    });

    private async Task GuardAsync(ExecEntry entry, Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception e) when (e is SandboxException or LinuxException)
        {
            SandboxLog.ExecLeft(context.Log, entry.Id, entry.ContainerId, e.Message);
        }
    }

    // The shim may have forgotten it, or never known it, or still see something of it.
    private async Task AcknowledgeAsync(ExecEntry entry, CancellationToken ct)
    {
        IReadOnlyList<string> words = ["ack", "exec", entry.Id];
        try
        {
            await CallAsync(entry.Id, words, ct).ConfigureAwait(false);
        }
        catch (LaunchException e) when (e.Errno == Errno.ENOENT)
        {
            SandboxLog.NothingToAcknowledge(context.Log, entry.Id);
        }
        catch (LaunchException e) when (e.Errno == Errno.EBUSY)
        {
            await WaitGoneAsync(entry, ct).ConfigureAwait(false);
            await CallAsync(entry.Id, words, ct).ConfigureAwait(false);
        }
    }

    private async Task CallAsync(string id, IReadOnlyList<string> words, CancellationToken ct)
    {
        using var answer = await client.CallAsync($"command {id}", words, [], context.Options.RequestTimeout, ct).ConfigureAwait(false);
    }

    private string CgroupOf(ExecEntry entry) => $"{record.CgroupParent}/{entry.ContainerId}/{entry.Id}";
}
