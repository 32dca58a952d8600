using System.Diagnostics;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Crash;

/// <summary>Who dies at a failpoint, or what happens there.</summary>
internal enum Blow
{
    /// <summary>The daemon is killed, and started again.</summary>
    KillDaemon,

    /// <summary>The daemon is killed; with it goes all that a reboot takes.</summary>
    Reboot,

    /// <summary>A shim, or the launcher of a container in it, is killed.</summary>
    KillShim,

    /// <summary>The step fails.</summary>
    Error,
}

/// <summary>One operation with one blow at one failpoint, and all that has to hold afterwards.</summary>
internal sealed class CrashRound(CrashWorld world, Operation operation, string failpoint, Blow blow)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Does it. The answer: whether the failpoint was reached.</summary>
    public async Task<bool> RunAsync()
    {
        var insula = world.Insula;
        world.Blow = blow;
        world.Audit.ShimsMayDie = blow is Blow.KillShim or Blow.Reboot;
        await world.PrepareAsync(operation);
        var before = operation.WithPod ? await world.FindAsync() : null;

        // Its program alone: it has a process for each request of a probe, which ends with that.
        int[] running = before is null ? [] : [Processes.MainOf(insula, before, RichPod.Server)];
        insula.Failpoints.Arm(failpoint, blow == Blow.Error ? "error" : "kill");
        var acknowledged = false;
        bool reached;
        try
        {
            acknowledged = await operation.BeginAsync(world);
            reached = await IsReachedAsync();
        }
        finally
        {
            insula.Failpoints.Disarm();
        }

        if (!reached)
        {
            await operation.FinishAsync(world, acknowledged, before);
            await (operation.AfterAsync?.Invoke(world) ?? Task.CompletedTask);
            return false;
        }

        if (blow == Blow.Reboot)
        {
            await world.RebootAsync();
        }

        if (blow == Blow.KillDaemon && operation.KeepsReadiness)
        {
            Assert.All(running, pid => Assert.True(Directory.Exists($"/proc/{pid}"), $"process {pid} of a container died with the daemon"));
        }

        await StartAgainAsync();
        if (operation.KeepsReadiness && blow == Blow.KillDaemon)
        {
            AssertUnchanged(before!, (await world.FindAsync())!, "at the first look");
        }

        await operation.FinishAsync(world, acknowledged, before);
        await (operation.AfterAsync?.Invoke(world) ?? Task.CompletedTask);
        await world.Audit.AssertAgreementAsync($"after {operation} with {blow} at {failpoint}");
        if (operation.KeepsReadiness && blow == Blow.KillDaemon)
        {
            AssertUnchanged(before!, (await world.FindAsync())!, "in the end");
        }

        return true;
    }

    // Nothing tells that an operation is over without having come to the failpoint: so it is given time.
    private async Task<bool> IsReachedAsync()
    {
        var clock = Stopwatch.StartNew();
        while (!world.Insula.Failpoints.Fired && !world.Insula.HasEnded && clock.Elapsed < s_patience)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }

        return world.Insula.Failpoints.Fired;
    }

    private async Task StartAgainAsync()
    {
        var insula = world.Insula;
        if (blow is Blow.KillDaemon)
        {
            await Eventually.TrueAsync(() => insula.HasEnded || !insula.IsStarted, "the daemon is dead");
        }

        if (insula.HasEnded)
        {
            await insula.KillDaemonAsync();
        }

        if (!insula.IsStarted)
        {
            await insula.StartDaemonAsync();
        }
    }

    private static void AssertUnchanged(JsonNode before, JsonNode after, string when)
    {
        foreach (var name in (string[])[RichPod.Writer, RichPod.Server])
        {
            Assert.True(
                Pods.Restarts(before, name) == Pods.Restarts(after, name) && Pods.IsRunning(after, name), $"{when}: {name} was restarted because the daemon died");
        }

        Assert.Equal(Ready(before), Ready(after));
    }

    // But for the generation it was found for: an operation may have written to the pod.
    private static string Ready(JsonNode pod)
    {
        var condition = pod["status"]!["conditions"]!.AsArray().Single(c => (string?)c!["type"] == "Ready")!.DeepClone().AsObject();
        condition.Remove("observedGeneration");
        return condition.ToJsonString();
    }
}
