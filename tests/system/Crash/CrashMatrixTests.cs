using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Insula.SystemTests.Harness;
using Insula.Tests.Shared;

namespace Insula.SystemTests.Crash;

/// <summary>
/// Every operation, with a death or a failure at every failpoint it comes to. <c>INSULA_CRASHES</c> says which: <c>full</c> for all;
/// <c>OPERATION/FAILPOINT</c> for one (either may be left out; of the former there may be several, with commas, and the latter may end with <c>*</c>); otherwise a sample, another one for each number in <c>INSULA_CRASH_SEED</c>.
/// </summary>
public sealed class CrashMatrixTests(CrashProfile profile) : IClassFixture<CrashProfile>
{
    private static readonly string s_wanted = Environment.GetEnvironmentVariable("INSULA_CRASHES") ?? "";

    private static readonly string s_seed = Environment.GetEnvironmentVariable("INSULA_CRASH_SEED") ?? "1";

    private static readonly SemaphoreSlim s_report = new(1);

    private static bool IsFull => s_wanted == "full";

    /// <summary>How many instances take turns: two thirds of a round are waiting. A sample runs beside other tests, which fill the processors.</summary>
    private static int Worlds => IsFull ? 3 * Environment.ProcessorCount : 1;

    [Fact]
    public void Every_failpoint_is_reached_by_an_operation() =>
        Assert.Empty(FailpointNames.All().Select(f => f.Name).Except(profile.Encounters.Select(p => p.Failpoint.Name)));

    [Fact]
    public Task A_daemon_killed_at_any_step_loses_nothing_and_leaves_nothing() => TryAsync(Blow.KillDaemon, 12);

    [Fact]
    public Task A_reboot_at_any_step_loses_nothing_and_leaves_nothing() => TryAsync(Blow.Reboot, 4);

    [Fact]
    public Task A_shim_killed_at_any_step_leaves_nothing() => TryAsync(Blow.KillShim, 6);

    [Fact]
    public Task Any_step_may_fail() => TryAsync(Blow.Error, 6);

    /// <summary>What was not survived once.</summary>
    [Theory]
    [InlineData("KillDaemon", "restart", "pods.start.started")] // the logs of a start too old to be kept stayed for ever
    [InlineData("KillDaemon", "restart", "sandbox.remove.forgotten")] // the cgroup and the layer of an ended container stayed
    [InlineData("Reboot", "create", "pods.start.untold")] // a start that nobody had written was made again, with the same number
    [InlineData("Reboot", "update", "pods.exit.heard")] // the writable layers of what ran before the reboot stayed
    [InlineData("Error", "adopt", "network.attach.pod-side-configured")] // a running pod lost its containers, and their numbers began anew
    [InlineData("Error", "adopt", "network.detach.disconnected")] // the check of the firewall ended the daemon
    [InlineData("Error", "unload", "files.atomic.unnamed")] // a file half written stayed
    [InlineData("Error", "create", "sandbox.exec.launched")] // a container waited for ever for a hook that could not be run
    [InlineData("Error", "restart", "sandbox.exec.cgroup-made")] // the same
    [InlineData("Error", "create", "pods.hook.ordered")] // the same, for a hook that failed in an unforeseen way
    [InlineData("Error", "delete now", "pods.kill.ordered")] // a container that could not be killed once was never killed, and its pod never gone
    [InlineData("Error", "open", "images.load.received")] // a disk that refused the Ingress proxy's image ended the daemon
    [InlineData("Error", "reroute", "volumes.atomic.made")] // what the disk refused once of a volume came with the next change only
    [InlineData("Error", "restart", "pods.retire.ordered")] // what was left of an ended container stayed with its pod
    public Task What_was_not_survived_once_is(string blow, string operation, string failpoint) =>
        TryAsync(Enum.Parse<Blow>(blow), [.. profile.Encounters.Where(p => p.Operation.Name == operation && p.Failpoint.Name == failpoint)]);

    private Task TryAsync(Blow blow, int sample)
    {
        var chosen = Choose(profile.Encounters, blow, sample);

        // What was asked for may have no failpoint for this blow, but then it has some for another.
        return chosen.Count == 0 && Choose(profile.Encounters, null, sample).Count > 0 ? Task.CompletedTask : TryAsync(blow, chosen);
    }

    private static async Task TryAsync(Blow blow, List<Encounter> encounters)
    {
        var outcomes = new CrashOutcomes();
        var left = new ConcurrentQueue<Encounter>(encounters);
        await Task.WhenAll(Enumerable.Range(0, Math.Min(Worlds, encounters.Count)).Select(_ => TryAllAsync(blow, left, outcomes)));

        await ReportAsync($"{blow}: {encounters.Select(p => p.Failpoint).Distinct().Count()} failpoints × {encounters.Select(p => p.Operation).Distinct().Count()} operations: "
            + $"{encounters.Count} tried, {outcomes.Reached} reached, {outcomes.Survived} survived{(IsFull ? "" : $" (a sample, seed {s_seed})")}"
            + (outcomes.Missed.IsEmpty ? "" : $"; not reached this time: {string.Join(", ", outcomes.Missed)}"));
        Assert.True(outcomes.Failures.IsEmpty, $"with {blow}, seed {s_seed}, {outcomes.Failures.Count} of {outcomes.Reached} were not survived:\n\n{string.Join("\n\n", outcomes.Failures)}");
        Assert.True(outcomes.Reached > 0, $"with {blow} none of {encounters.Count} was reached");
    }

    // In one world, one after the other; what was not survived may have spoiled it, so the next is tried in a new one.
    private static async Task TryAllAsync(Blow blow, ConcurrentQueue<Encounter> left, CrashOutcomes outcomes)
    {
        CrashWorld? world = null;
        try
        {
            while (left.TryDequeue(out var encounter))
            {
                if (left.Count % 50 == 49)
                {
                    await ReportAsync($"{blow}: {left.Count + 1} to go");
                }

                try
                {
                    world ??= await CrashWorld.StartAsync();
                    outcomes.Add(encounter, await new CrashRound(world, encounter.Operation, encounter.Failpoint.Name, blow).RunAsync());
                }
                catch (Exception e)
                {
                    var failure = $"{encounter}: {e.Message}\nthe daemon's last words:\n{Tail(world?.Insula.DaemonLog)}";
                    outcomes.Failures.Enqueue(failure);
                    await ReportAsync($"{blow}: not survived: {failure}");
                    await AbandonAsync(world);
                    world = null;
                }
            }
        }
        finally
        {
            if (world is not null)
            {
                await world.DisposeAsync();
            }
        }
    }

    private static bool IsFor(Blow blow, FailpointNames.Failpoint failpoint) => blow switch
    {
        Blow.KillDaemon or Blow.Reboot => !failpoint.InShim,
        Blow.KillShim => failpoint.InShim,
        _ => failpoint.MayFail,
    };

    private static List<Encounter> Choose(IEnumerable<Encounter> possible, Blow? blow, int sample)
    {
        var all = possible.Where(p => blow is not { } wanted || IsFor(wanted, p.Failpoint)).ToList();
        if (IsFull)
        {
            return all;
        }

        if (s_wanted.Split('/') is [var operation, var failpoint])
        {
            return [.. all.Where(p => (operation.Length == 0 || operation.Split(',').Contains(p.Operation.Name)) && (failpoint.Length == 0 || Matches(failpoint, p.Failpoint.Name)))];
        }

        // A draw for each by itself: one more or one less of them changes nothing for the others. In the order of the operations then,
        // which is the cheapest.
        return [.. all.OrderBy(Draw, StringComparer.Ordinal).Take(sample).OrderBy(p => Operation.All.ToList().IndexOf(p.Operation))];
    }

    private static bool Matches(string wanted, string name) =>
        wanted.EndsWith('*') ? name.StartsWith(wanted[..^1], StringComparison.Ordinal) : name == wanted;

    private static string Draw(Encounter encounter) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{s_seed} {encounter}")));

    private static string Tail(string? log) => string.Join('\n', (log ?? "").Split('\n').TakeLast(25));

    private static async Task AbandonAsync(CrashWorld? world)
    {
        if (world is null)
        {
            return;
        }

        try
        {
            await world.Insula.KillDaemonAsync();
            await world.DisposeAsync();
        }
        catch (Exception)
        {
            // It has failed already, and has been told.
        }
    }

    private static async Task ReportAsync(string line)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(line);
        await s_report.WaitAsync();
        try
        {
            await File.AppendAllTextAsync(Path.Combine(Repository.Out, "crashes.txt"), line + "\n");
        }
        finally
        {
            s_report.Release();
        }
    }
}
