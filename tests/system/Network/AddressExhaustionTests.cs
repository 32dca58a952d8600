using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Network;

/// <summary>More pods than addresses: who gets none waits and is told why, and starts as soon as there is one.</summary>
public sealed class AddressExhaustionTests
{
    [Fact]
    public async Task A_pod_without_an_address_says_so_and_starts_when_one_is_free()
    {
        const int Addresses = 6;
        await using var insula = await Instance.StartAsync("pod-range: 10.99.0.0/29\n", "busybox");
        for (var i = 0; i < Addresses; i++)
        {
            await insula.ApplyAsync(Pod($"pod-{i}"));
            await insula.WaitForReadyAsync($"pod-{i}");
        }

        await insula.ApplyAsync(Pod("late"));
        var told = await Eventually.GetAsync(
            async () => (await insula.CliAsync("describe", "pod", "late")).Output, text => text.Contains("no address is free", StringComparison.Ordinal), "it is told why the pod waits");
        Assert.Contains("FailedCreatePodSandBox", told, StringComparison.Ordinal);
        Assert.Contains("no address is free in the pod range 10.99.0.0/29: 6 are in use; delete pods, or configure a larger range", told, StringComparison.Ordinal);
        Assert.Equal("Pending", Pods.Phase((await insula.Api.FindPodAsync("late"))!));

        // Nobody else is touched by it, and what is freed is given away by itself.
        Assert.Equal("here\n", (await insula.CliAsync("exec", "pod-1", "--", "echo", "here")).Succeeded());
        await insula.DeletePodAsync("pod-0");
        await insula.WaitForReadyAsync("late");

        // All come and go once more.
        await insula.DeletePodAsync("late");
        await insula.ApplyAsync(Pod("again"));
        await insula.WaitForReadyAsync("again");
    }

    private static string Pod(string name) => Manifests.Pod(name, Manifests.Forever, spec: new { terminationGracePeriodSeconds = 0 });
}
