using System.Text.Json.Nodes;
using Insula.SystemTests.Cni;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Crash;

/// <summary>What is done to pods on a CNI network: one is connected, and one is disconnected. The network is the world's for the operation alone.</summary>
internal static class CniOperations
{
    private const string Name = "plugged";

    public static IReadOnlyList<Operation> All { get; } =
    [
        new("plug", false, false, world => world.TryAsync(Pod, "apply", "-f", "-"), PluggedAsync, ChangeToPluginsAsync, PullOutAsync),
        new("unplug", false, false, world => world.TryAsync(null, "delete", "pod", Name, "--wait=false"), UnpluggedAsync, PlugAsync, ChangeBackAsync),
    ];

    private static string Pod => Manifests.Pod(Name, Manifests.Forever, spec: new { terminationGracePeriodSeconds = 0 });

    private static PluginDirectory Plugins(CrashWorld world) => new(Path.Combine(world.Insula.Base, "plugins"));

    private static async Task ChangeToPluginsAsync(CrashWorld world)
    {
        var plugins = Plugins(world);
        plugins.Write("10-recorded.conflist", PluginDirectory.Recorders("1.1.0"));
        await world.TryAsync(null, "delete", "networkpolicy", CrashWorld.PolicyName);
        await ChangeAsync(world, config => config + plugins.Options);
    }

    private static async Task PlugAsync(CrashWorld world)
    {
        await ChangeToPluginsAsync(world);
        await world.Insula.ApplyAsync(Pod);
        await world.Insula.WaitForReadyAsync(Name);
    }

    private static async Task PluggedAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        if (await world.Insula.Api.FindPodAsync(Name) is null)
        {
            Assert.False(acknowledged, "a pod that was acknowledged is lost");
            await world.Insula.ApplyAsync(Pod);
        }

        await world.Insula.WaitForReadyAsync(Name);
        await Eventually.GetAsync(() => Task.FromResult(Plugins(world).Given()), given => given.Count == 1, "the pod alone has something of the plug-ins");
    }

    private static async Task PullOutAsync(CrashWorld world)
    {
        await RemoveAsync(world);
        await ChangeBackAsync(world);
    }

    private static async Task UnpluggedAsync(CrashWorld world, bool acknowledged, JsonNode? before)
    {
        Assert.True(
            !acknowledged || await world.Insula.Api.FindPodAsync(Name) is not { } pod || pod["metadata"]!["deletionTimestamp"] is not null, "a deletion that was acknowledged is lost");
        await RemoveAsync(world);
    }

    private static async Task RemoveAsync(CrashWorld world)
    {
        // It may be on its way out, and gone in any instant.
        (await world.Insula.CliAsync("delete", "pod", Name, "--grace-period", "0", "--wait=false", "--ignore-not-found")).Succeeded();
        await Eventually.TrueAsync(async () => await world.Insula.Api.FindPodAsync(Name) is null, "the pod is gone");
        await Eventually.GetAsync(() => Task.FromResult(Plugins(world).Given()), given => given.Count == 0, "the plug-ins have everything back");
    }

    private static async Task ChangeBackAsync(CrashWorld world)
    {
        await ChangeAsync(world, config => config.Replace(Plugins(world).Options, "", StringComparison.Ordinal));
        await world.ApplyPolicyAsync();
    }

    private static async Task ChangeAsync(CrashWorld world, Func<string, string> change)
    {
        world.Insula.Config = change(world.Insula.Config.TrimEnd('\n') + "\n");
        await world.Insula.KillDaemonAsync();
        await world.Insula.StartDaemonAsync();
    }
}
