using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Crash;

/// <summary>Something that is done to an instance, and that has to end well whoever dies meanwhile.</summary>
/// <param name="Name">For people.</param>
/// <param name="WithPod">Whether the rich pod has to be there before.</param>
/// <param name="KeepsReadiness">Whether the pod stays Ready all the time.</param>
/// <param name="BeginAsync">Does it, whatever comes of it. The answer: whether it was acknowledged.</param>
/// <param name="FinishAsync">Asks again for what was not acknowledged, and waits for the end; it gets the pod as it was before.</param>
/// <param name="BeforeAsync">Makes what it is done to, in peace; null when that is the rich pod or nothing.</param>
/// <param name="AfterAsync">Removes what it has made, in peace; null when nothing is left.</param>
internal sealed record Operation(
    string Name, bool WithPod, bool KeepsReadiness, Func<CrashWorld, Task<bool>> BeginAsync, Func<CrashWorld, bool, JsonNode?, Task> FinishAsync,
    Func<CrashWorld, Task>? BeforeAsync = null, Func<CrashWorld, Task>? AfterAsync = null)
{
    private const string ExtraImage = "example.com/extra:1";

    public static IReadOnlyList<Operation> All { get; } =
    [
        new("create", false, false, CreateAsync, CreatedAsync),
        new("exec", true, true, ExecAsync, ExecutedAsync),
        AttachOperation.Create(),
        new("restart", true, false, KillContainerAsync, (world, _, before) => RestartedAsync(world, before)),
        new("restart all", true, false, AskForAllAsync, AllRestartedAsync),
        new("update", true, false, UpdateAsync, UpdatedAsync),
        new("adopt", true, true, AdoptAsync, (world, _, _) => world.ReadyAsync()),
        DebugOperation.Create(),
        new("upgrade DNS", true, true, UpgradeDnsAsync, (world, _, _) => world.ReadyAsync()),
        new("stop", true, true, StopAsync, (world, _, _) => world.ReadyAsync()),
        new("drain", true, false, DrainAsync, (world, _, _) => world.ReadyAsync()),
        new("delete", true, false, world => DeleteAsync(world, now: false), DeletedAsync),
        new("delete now", true, false, world => DeleteAsync(world, now: true), DeletedAsync),
        DisplaceOperation.Create(),
        EvictOperation.Create(),
        ResizeOperation.Create(),
        FlushOperation.Create(),
        .. WorkloadOperations.All,
        .. ClaimOperations.All,
        .. ClaimedPodOperations.All,
        .. BalancerOperations.All,
        .. IngressOperations.All,
        .. CniOperations.All,
        new("load", false, false, LoadAsync, LoadedAsync),
        new("pull", false, false, PullAsync, PulledAsync),
        new("unload", false, false, UnloadAsync, UnloadedAsync),
        new("stop without pods", false, false, StopAsync, (_, _, _) => Task.CompletedTask),
    ];

    public override string ToString() => Name;

    private static Task<bool> TryAsync(CrashWorld world, params string[] command) => world.TryAsync(null, command);

    private static Task<bool> CreateAsync(CrashWorld world)
    {
        world.NextPod();
        return world.TryAsync(world.Pod.Manifest(), "apply", "-f", "-");
    }

    private static async Task CreatedAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        if (await world.FindAsync() is null)
        {
            Assert.False(acknowledged, "a pod that was acknowledged is lost");
            await world.Insula.ApplyAsync(world.Pod.Manifest());
        }

        await world.ReadyAsync();
    }

    private static Task<bool> ExecAsync(CrashWorld world) => TryAsync(world, "exec", world.Pod.Name, "-c", RichPod.Writer, "--", "true");

    private static async Task ExecutedAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        await world.ReadyAsync();
        await Eventually.TrueAsync(
            async () => (await world.Insula.CliAsync("exec", world.Pod.Name, "-c", RichPod.Writer, "--", "echo", "here")).Output == "here\n", "a command runs");
    }

    private static async Task<bool> KillContainerAsync(CrashWorld world)
    {
        try
        {
            await Processes.KillAsync(world.Insula, (await world.FindAsync())!, RichPod.Writer);
        }
        catch (Exception) when (world.Insula.Failpoints.Fired)
        {
            // A shim that met its blow at the next line of the log has taken the container with it.
        }

        return true;
    }

    private static async Task RestartedAsync(CrashWorld world, JsonNode? before) =>
        await world.Insula.WaitForPodAsync(
            world.Pod.Name, p => Pods.IsReady(p) && Pods.IsRunning(p, RichPod.Writer) && Pods.Restarts(p, RichPod.Writer) > Pods.Restarts(before!, RichPod.Writer), "started again");

    private static async Task<bool> AskForAllAsync(CrashWorld world)
    {
        try
        {
            (await Commands.RunAsync("kill", ["-USR1", $"{Processes.MainOf(world.Insula, (await world.FindAsync())!, RichPod.Writer)}"])).Succeeded();
        }
        catch (Exception) when (world.Insula.Failpoints.Fired)
        {
            // As with a container that is killed.
        }

        return true;
    }

    // Once: no daemon forgets it, and none does again what another has done.
    private static async Task AllRestartedAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        await world.Insula.WaitForPodAsync(
            world.Pod.Name, p => Pods.IsReady(p) && Names.All(n => Pods.IsRunning(p, n) && Pods.Restarts(p, n) > Pods.Restarts(before!, n)), "all started again");
        var after = (await world.FindAsync())!;
        if (world.Blow is null or Blow.KillDaemon)
        {
            Assert.All(Names, n => Assert.Equal(Pods.Restarts(before!, n) + 1, Pods.Restarts(after, n)));
        }
    }

    private static string[] Names => [RichPod.Writer, RichPod.Server];

    private static Task<bool> UpdateAsync(CrashWorld world)
    {
        world.Pod.ChangeImage();
        return world.TryAsync(world.Pod.Manifest(), "apply", "-f", "-");
    }

    private static async Task UpdatedAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        var written = (string)(await world.FindAsync())!["spec"]!["containers"]![0]!["image"]!;
        if (written != world.Pod.Image)
        {
            Assert.False(acknowledged, "a change that was acknowledged is lost");
            await world.Insula.ApplyAsync(world.Pod.Manifest());
        }

        await RestartedAsync(world, before);
        var image = (string)Pods.Container((await world.FindAsync())!, RichPod.Writer)!["image"]!;
        Assert.Equal(world.Pod.Image.Contains(':', StringComparison.Ordinal), image.EndsWith(":other", StringComparison.Ordinal));
    }

    // The daemon that is killed here is not the one under test: that is the one that finds the pod.
    private static async Task<bool> AdoptAsync(CrashWorld world)
    {
        await world.Insula.KillDaemonAsync();
        return await world.Insula.TryStartDaemonAsync();
    }

    // Another build of the DNS server each time; that the daemon is killed for it is not under test.
    private static async Task<bool> UpgradeDnsAsync(CrashWorld world)
    {
        const string Option = "dns-program: ";
        var program = Path.Combine(world.Insula.Base, $"insula-dns-{Guid.NewGuid():n}");
        File.Copy(Repository.Program("insula-dns"), program);
        await File.AppendAllTextAsync(program, program);
        var others = world.Insula.Config.Split('\n').Where(l => l.Length > 0 && !l.StartsWith(Option, StringComparison.Ordinal));
        world.Insula.Config = string.Concat(others.Append($"{Option}{program}").Select(l => $"{l}\n"));
        await world.Insula.KillDaemonAsync();
        return await world.Insula.TryStartDaemonAsync();
    }

    private static async Task<bool> StopAsync(CrashWorld world)
    {
        await world.Insula.StopDaemonAsync();
        return await StartAsync(world);
    }

    private static async Task<bool> DrainAsync(CrashWorld world)
    {
        await world.Insula.StopDaemonAsync();
        return (await world.Insula.DrainAsync()).ExitCode == 0 && await StartAsync(world);
    }

    // Who has died already is not to be started in here, but as after any death.
    private static async Task<bool> StartAsync(CrashWorld world) => !world.Insula.Failpoints.Fired && await world.Insula.TryStartDaemonAsync();

    private static Task<bool> DeleteAsync(CrashWorld world, bool now) =>
        TryAsync(world, ["delete", "pod", world.Pod.Name, "--wait=false", .. now ? ["--grace-period", "0"] : Array.Empty<string>()]);

    private static async Task DeletedAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        if (await world.FindAsync() is { } pod && pod["metadata"]!["deletionTimestamp"] is null)
        {
            Assert.False(acknowledged, "a deletion that was acknowledged is lost");
            await TryAsync(world, "delete", "pod", world.Pod.Name, "--wait=false");
        }

        await Eventually.TrueAsync(async () => await world.FindAsync() is null, "the pod is gone");
    }

    private static Task<bool> LoadAsync(CrashWorld world) => TryAsync(world, "load", Repository.Image("whiteouts"), "--name", ExtraImage);

    private static async Task LoadedAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        if (!await HasImageAsync(world))
        {
            Assert.False(acknowledged, "an image that was loaded is lost");
            Assert.True(await LoadAsync(world));
        }

        await UnloadAsync(world);
    }

    private static string ExtraOf(CrashWorld world) => $"{world.Registry}/whiteouts";

    private static Task<bool> PullAsync(CrashWorld world) => TryAsync(world, "pull", ExtraOf(world));

    private static async Task PulledAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        if ((await world.Insula.CliAsync("image", "inspect", ExtraOf(world))).ExitCode != 0)
        {
            Assert.False(acknowledged, "an image that was pulled is lost");
            Assert.True(await PullAsync(world));
        }

        await TryAsync(world, "rmi", ExtraOf(world));
    }

    private static async Task<bool> UnloadAsync(CrashWorld world) =>
        (await HasImageAsync(world) || await LoadAsync(world)) && await TryAsync(world, "rmi", ExtraImage);

    private static async Task UnloadedAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        if (await HasImageAsync(world))
        {
            Assert.False(acknowledged, "an image that was removed is back");
            Assert.True(await UnloadAsync(world));
        }

        Assert.False(await HasImageAsync(world));
    }

    private static async Task<bool> HasImageAsync(CrashWorld world) =>
        (await world.Insula.CliAsync("images")).Output.Contains("example.com/extra", StringComparison.Ordinal);
}
