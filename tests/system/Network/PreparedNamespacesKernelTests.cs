using Insula.Linux;
using Insula.Linux.Netlink;
using Insula.Linux.Processes;
using Insula.Network;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Network;

/// <summary>Network namespaces that wait for pods: each is given once, empty, and made anew when it is quiet.</summary>
public sealed class PreparedNamespacesKernelTests
{
    [Fact]
    public async Task Those_that_wait_are_given_once_each_and_followed_by_others()
    {
        await using TestHost host = await TestHost.CreateAsync();
        PodNetwork network = await host.StartAsync(new NetworkOptions { RunDirectory = "", PreparedNamespaces = 2 });
        await Eventually.TrueAsync(() => network.Prepared == 2, "two namespaces wait");

        // One more than there are.
        List<Descriptor> taken = [];
        for (int i = 0; i < 3; i++)
        {
            taken.Add((await network.TakeNamespaceAsync())!);
        }

        Assert.Equal(4, taken.Append(host.Host.Net).Select(Number).Distinct().Count());
        Assert.All(taken, t => Assert.Equal("lo", Assert.Single(Links(t)).Name));
        PodAddresses first = await network.AttachAsync("a-0", taken[0], CancellationToken.None);
        Assert.Equal(["eth0", "lo"], Links(taken[0]).Select(l => l.Name).Order());
        Assert.Single(Links(taken[1]));
        Assert.Contains("a-0", await host.Host.ShAsync($"ip link show {first.HostInterface}"), StringComparison.Ordinal);

        await Eventually.TrueAsync(() => network.Prepared == 2, "two others wait");
        taken.ForEach(t => t.Dispose());

        // Nothing else held it.
        await Eventually.TrueAsync(async () => !(await host.Host.ShAsync("ip -o link")).Contains(first.HostInterface, StringComparison.Ordinal), "the link ends with its namespace");
        await network.DisposeAsync();
        Assert.Equal(0, network.Prepared);
    }

    [Fact]
    public async Task Without_any_that_wait_one_is_made()
    {
        await using TestHost host = await TestHost.CreateAsync();
        PodNetwork network = await host.StartAsync(new NetworkOptions { RunDirectory = "", PreparedNamespaces = 0 });
        using Descriptor one = (await network.TakeNamespaceAsync())!;
        using Descriptor other = (await network.TakeNamespaceAsync())!;
        Assert.NotEqual(Number(one), Number(other));
        Assert.Equal(0, network.Prepared);
    }

    private static string Number(Descriptor networkNamespace) => new FileInfo($"/proc/self/fd/{networkNamespace.Value}").LinkTarget!;

    private static IReadOnlyList<LinkInfo> Links(Descriptor networkNamespace) =>
        ThrowawayThread.Run("links", () =>
        {
            using NetworkVisit visit = NetworkVisit.OfThisThread();
            using RouteSocket routes = visit.Inside(networkNamespace, RouteSocket.Open);
            return routes.GetLinks();
        });
}
