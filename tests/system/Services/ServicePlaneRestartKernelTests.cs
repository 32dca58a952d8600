namespace Insula.SystemTests.Services;

/// <summary>What a new daemon makes of the tables that it finds: its own, those of an older form, those of others.</summary>
public sealed class ServicePlaneRestartKernelTests() : ServicePlaneWorld(v6: false)
{
    [Fact]
    public async Task A_new_daemon_interrupts_nothing_and_changes_nothing_that_is_right()
    {
        var (client, _) = await PodAsync("client");
        var (_, a) = await ServerAsync("a");
        var (_, b) = await ServerAsync("b");
        await SetAsync(Service(80, a, b), Node(30080, a));
        var before = await TableAsync();
        using var stop = new CancellationTokenSource();
        var asking = Task.Run(async () =>
        {
            var wrong = new List<string>();
            var count = 0;
            while (!stop.IsCancellationRequested)
            {
                var answer = await NamedServer.AskAsync(client, Address, 80);
                count++;
                if (answer[1] != ' ')
                {
                    wrong.Add(answer);
                }
            }

            return (count, wrong);
        });
        for (var i = 0; i < 3; i++)
        {
            await RestartAsync(Service(80, a, b), Node(30080, a));
        }

        await stop.CancelAsync();
        var (asked, failed) = await asking;
        Assert.Empty(failed);
        Assert.InRange(asked, 20, int.MaxValue);
        Assert.Equal(before, await TableAsync());

        // What changed while no daemon ran is made right, and what nobody knows goes.
        await StopAsync();
        await Host.ShAsync($"nft add element inet insula endpoints16 '{{ 10.43.0.99 . tcp . 80 . 3 : {a} . 8080 }}'; nft add element inet insula node_ports '{{ tcp . 30099 }}'");
        await StartAsync(Service(80, b));
        Assert.Equal(["b"], (await ManyAsync(client, Address, 80, 30)).Select(x => x[..1]).Distinct());
        Assert.Equal("refused", await NamedServer.AskAsync(Outside, HostAddress, 30080));
        var table = await TableAsync();
        Assert.DoesNotContain("10.43.0.99", table, StringComparison.Ordinal);
        Assert.DoesNotContain("30099", table, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Foreign_tables_are_not_touched()
    {
        await Host.ShAsync("nft add table inet other; nft add map inet other endpoints16 '{ type ipv4_addr : inet_service; }'; nft add element inet other endpoints16 '{ 10.0.0.1 : 80 }'; nft add table ip nat; nft add chain ip nat PREROUTING '{ type nat hook prerouting priority dstnat; }'");
        var before = await Host.ShAsync("nft list table inet other; nft list table ip nat");
        var (_, a) = await ServerAsync("a");
        await SetAsync(Service(80, a));
        await RestartAsync();
        Assert.Equal(before, await Host.ShAsync("nft list table inet other; nft list table ip nat"));
    }

    [Fact]
    public async Task A_table_of_an_older_form_is_made_anew()
    {
        var (client, _) = await PodAsync("client");
        var (_, a) = await ServerAsync("a");
        await SetAsync(Service(80, a));
        Plane.Dispose();
        await Network.DisposeAsync();
        await Host.ShAsync("nft delete table inet insula; nft add table inet insula; nft add set inet insula guarded '{ type inet_service; }'");
        await StartAsync(Service(80, a));
        Assert.StartsWith("a ", await NamedServer.AskAsync(client, Address, 80), StringComparison.Ordinal);
    }
}
