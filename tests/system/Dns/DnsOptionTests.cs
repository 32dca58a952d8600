using Insula.Dns.Messages;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Dns;

/// <summary>Where the server is, what its names end with, and what is said when there can be none.</summary>
public sealed class DnsOptionTests
{
    [Fact]
    public async Task Address_and_domain_are_the_operator_s_and_an_address_that_a_Service_has_is_refused()
    {
        await using var insula = await Instance.StartAsync("cluster-dns: none\nservice-range: 10.43.0.0/16\n", "busybox");
        using var host = TestNamespace.Open($"/run/netns/{insula.NetworkNamespace}");
        Assert.Null(await DnsAsker.TryAskAsync(host, "dns-version.cluster.local", RecordTypes.TXT, patience: TimeSpan.FromSeconds(2)));
        Assert.DoesNotContain("cluster DNS", (await insula.CliAsync("system", "check")).Output, StringComparison.Ordinal);
        await insula.ApplyAsync(Services.Services.Manifest("holder", "x", new { clusterIP = DnsAsker.Server }, new { port = 80 }));

        await insula.StopDaemonAsync();
        foreach (var (config, complaint) in ((string, string)[])
        [
            ("", "cluster-dns: the Service default/holder has the address 10.43.0.10: choose another one with --cluster-dns, or start with --cluster-dns none and delete the Service"),
            ("cluster-dns: 10.44.0.10\n", "cluster-dns: 10.44.0.10 is no address of the service range 10.43.0.0/16: choose one that is"),
            ("dns-program: /nowhere/insula-dns\n", "insula-dns is not at /nowhere/insula-dns"),
        ])
        {
            insula.Config = $"service-range: 10.43.0.0/16\n{config}";
            Assert.False(await insula.TryStartDaemonAsync());
            Assert.Contains(complaint, insula.DaemonLog, StringComparison.Ordinal);
        }

        insula.Config = "service-range: 10.43.0.0/16\ncluster-dns: 10.43.7.7\ncluster-domain: our.example\n";
        await insula.StartDaemonAsync();
        await Eventually.TrueAsync(
            async () => (await DnsAsker.TryAskAsync(host, "holder.default.svc.our.example", server: "10.43.7.7"))?.Answers is ["holder.default.svc.our.example 1 10.43.0.10"],
            "the name is there");
        await insula.ApplyAsync(Manifests.Pod("asking", Manifests.Forever, spec: new { hostname = "h", subdomain = "s", setHostnameAsFQDN = true }));
        await insula.WaitForReadyAsync("asking");
        var files = (await insula.CliAsync("exec", "asking", "--", "sh", "-c", "cat /etc/resolv.conf; hostname")).Succeeded();
        Assert.StartsWith("nameserver 10.43.7.7\nsearch default.svc.our.example svc.our.example our.example", files, StringComparison.Ordinal);
        Assert.EndsWith("\nh.s.default.svc.our.example\n", files, StringComparison.Ordinal);

        // Without a server again: what an earlier daemon had started ends.
        await insula.StopDaemonAsync();
        insula.Config = "service-range: 10.43.0.0/16\ncluster-dns: none\n";
        await insula.StartDaemonAsync();
        Assert.False(Directory.Exists(Path.Combine(insula.Run, "dns")));
        Assert.Null(await DnsAsker.TryAskAsync(host, "holder.default.svc.our.example", server: "10.43.7.7", patience: TimeSpan.FromSeconds(2)));
        await insula.DeletePodAsync("asking");
        (await insula.CliAsync("delete", "service", "holder")).Succeeded();
    }

    [Fact]
    public async Task A_server_that_does_not_start_keeps_nobody_else_from_it()
    {
        await using var insula = await Instance.StartAsync("dns-program: /bin/false\n", "busybox");
        await insula.ApplyAsync(Manifests.Pod("running", Manifests.Forever));
        await insula.WaitForReadyAsync("running");
        await Eventually.TrueAsync(
            async () => (await insula.CliAsync("system", "check")).Output.Contains("not served: the DNS server does not start", StringComparison.Ordinal), "the reason is said");
        Assert.InRange(insula.DaemonLog.Split('\n').Count(l => l.Contains("the DNS server is started again", StringComparison.Ordinal)), 1, 15);

        // Whatever is wrong is mended while the daemon is away.
        await insula.KillDaemonAsync();
        insula.Config = "";
        await insula.StartDaemonAsync();
        await Eventually.TrueAsync(
            async () => (await insula.CliAsync("system", "check")).Output.Contains("cluster.local, served by process", StringComparison.Ordinal), "the server is there");
        await insula.DeletePodAsync("running");
    }
}
