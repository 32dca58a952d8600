using System.Net;
using System.Text.RegularExpressions;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Network;

/// <summary>A firewall of somebody else that drops what pods send each other is found, named, and left alone.</summary>
public sealed partial class ForeignFirewallTests
{
    private const string Table = "table inet strict { chain fence { type filter hook forward priority 0; policy drop; }; }";

    [Fact]
    public async Task A_foreign_drop_is_named_with_the_command_that_allows_pods()
    {
        await using var insula = await Instance.StartAsync(new InstanceSetup
        {
            Prepare = async i => (await i.InNetworkAsync("nft", Table)).Succeeded(),
        });
        await Eventually.TrueAsync(
            () => insula.DaemonLog.Contains("chain fence of table inet strict", StringComparison.Ordinal), "the daemon says at its start who drops pods' packets");
        var before = (await insula.InNetworkAsync("nft", "-s", "list", "table", "inet", "strict")).Succeeded();
        var check = await insula.CliAsync("system", "check");
        Assert.Contains("forwarding", check.Output, StringComparison.Ordinal);
        Assert.Contains("chain fence of table inet strict", check.Output, StringComparison.Ordinal);
        var command = Nft().Match(check.Output).Value;
        Assert.NotEmpty(command);

        await insula.ApplyAsync(Manifests.Pod("one", Manifests.Forever));
        await insula.ApplyAsync(Manifests.Pod("two", Manifests.Forever));
        var pods = (One: await insula.WaitForReadyAsync("one"), Two: await insula.WaitForReadyAsync("two"));
        using var one = TestNamespace.Open($"/proc/{Processes.MainOf(insula, pods.One, "main")}/ns/net");
        using var two = TestNamespace.Open($"/proc/{Processes.MainOf(insula, pods.Two, "main")}/ns/net");
        using var listener = await two.ListenAsync(IPAddress.Parse(Pods.Address(pods.Two)));
        Assert.Null(await one.TryConnectAsync(listener.LocalEndPoint!, TimeSpan.FromMilliseconds(700)));
        Assert.Equal(before, (await insula.InNetworkAsync("nft", "-s", "list", "table", "inet", "strict")).Succeeded());

        // The command is taken as an operator would take it: from the message.
        (await insula.InNetworkAsync("sh", "-c", command)).Succeeded();
        await one.ConnectAsync(listener);
        Assert.DoesNotContain("fence", (await insula.CliAsync("system", "check")).Succeeded(), StringComparison.Ordinal);
    }

    [GeneratedRegex("nft 'insert rule [^']*'")]
    private static partial Regex Nft();
}
