using System.Text.Json.Nodes;
using Insula.Dns.Messages;
using Insula.Dns.Tests;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Network;
using Insula.SystemTests.Services;

namespace Insula.SystemTests.Dns;

/// <summary>Names of Services and pods: all kinds of records, asked by pods, the host and outsiders.</summary>
public sealed class ServiceNameTests(DnsFixture fixture) : IClassFixture<DnsFixture>
{
    private const string Web = "web.default.svc.cluster.local";
    private const string Heads = "heads.default.svc.cluster.local";
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Services_and_their_pods_have_names()
    {
        await _insula.ApplyAsync(Services.Services.Manifest("web", "named", null, new { name = "http", port = 80, targetPort = 8080 }));
        await _insula.ApplyAsync(Services.Services.Manifest("heads", "named", new { clusterIP = "None" }, new { name = "http", port = 8080 }));
        await _insula.ApplyAsync(Services.Services.Manifest("early", "named", new { clusterIP = "None", publishNotReadyAddresses = true }, new { name = "http", port = 8080 }));
        await StartAsync("one", spec: new { hostname = "first", subdomain = "heads" });
        await StartAsync("two");
        await StartAsync("late", readinessProbe: new { exec = new { command = new[] { "test", "-e", "/tmp/ready" } }, periodMilliseconds = 100 }, wait: false);
        var late = Pods.Address(await _insula.WaitForPodAsync("late", p => Pods.IsRunning(p, "main"), "runs"));
        var (first, second) = (await AddressAsync("one"), await AddressAsync("two"));
        var address = (string)(await Services.Services.GetAsync(_insula, "web"))["spec"]!["clusterIP"]!;
        await Eventually.TrueAsync(async () => await DnsAsker.RecordsAsync(fixture.Host, Heads) == Both(first, second), "both ready pods have the name");
        using var pod = TestNamespace.Open($"/proc/{Processes.MainOf(_insula, await PodAsync("two"), "main")}/ns/net");
        foreach (var from in (TestNamespace[])[fixture.Host, pod])
        {
            Assert.Equal(address, await DnsAsker.RecordsAsync(from, Web));
            Assert.Equal("", await DnsAsker.RecordsAsync(from, Web, RecordTypes.AAAA));
            Assert.Equal($"0 100 80 {Web}", await DnsAsker.RecordsAsync(from, $"_http._tcp.{Web}", RecordTypes.SRV));
            Assert.Equal(Web, await DnsAsker.RecordsAsync(from, Reverse(address), RecordTypes.PTR));
            Assert.Equal(Both(first, second), await DnsAsker.RecordsAsync(from, Heads));
            Assert.Equal(Both(first, second, late), await DnsAsker.RecordsAsync(from, "early.default.svc.cluster.local"));
            Assert.Equal(first, await DnsAsker.RecordsAsync(from, $"first.{Heads}"));
            Assert.Equal(second, await DnsAsker.RecordsAsync(from, $"{Dashed(second)}.{Heads}"));
            Assert.Equal(
                Both($"0 100 8080 first.{Heads}", $"0 100 8080 {Dashed(second)}.{Heads}"), await DnsAsker.RecordsAsync(from, $"_http._tcp.{Heads}", RecordTypes.SRV));
            Assert.Contains($"first.{Heads}", await DnsAsker.RecordsAsync(from, Reverse(first), RecordTypes.PTR), StringComparison.Ordinal);
            Assert.Equal(second, await DnsAsker.RecordsAsync(from, $"{Dashed(second)}.default.pod.cluster.local"));
            Assert.Equal("05312E312E30", await DnsAsker.RecordsAsync(from, "dns-version.cluster.local", RecordTypes.TXT));
            Assert.Equal("NXDomain", await DnsAsker.RecordsAsync(from, "missing.default.svc.cluster.local"));
            Assert.Equal("NXDomain", await DnsAsker.RecordsAsync(from, "10-83-99-99.default.pod.cluster.local"));
            Assert.Equal("NXDomain", await DnsAsker.RecordsAsync(from, "99.99.83.10.in-addr.arpa", RecordTypes.PTR));
            Assert.Equal("", await DnsAsker.RecordsAsync(from, "default.svc.cluster.local"));
        }

        // Only who lives here is answered.
        Assert.Null(await DnsAsker.TryAskAsync(fixture.Outside, Web, patience: TimeSpan.FromSeconds(1)));
        Assert.Null(await DnsAsker.TryAskAsync(fixture.Outside, Web, server: "192.0.2.1", patience: TimeSpan.FromSeconds(1)));
        var (target, port) = await ServerAsync();
        Assert.Equal(ResponseCode.NoError, (await DnsAsker.TryAskAsync(fixture.Host, Web, server: target, port: port))!.Code);
        Assert.Null(await DnsAsker.TryAskAsync(fixture.Outside, Web, server: target, port: port, patience: TimeSpan.FromSeconds(1)));

        // What changes is what is answered.
        (await _insula.CliAsync("exec", "late", "--", "touch", "/tmp/ready")).Succeeded();
        await Eventually.TrueAsync(async () => await DnsAsker.RecordsAsync(pod, Heads) == Both(first, second, late), "a pod that is ready has the name");
        await _insula.DeletePodAsync("one");
        Assert.Equal(Both(second, late), await DnsAsker.RecordsAsync(pod, Heads));
        Assert.Equal("NXDomain", await DnsAsker.RecordsAsync(pod, $"first.{Heads}"));
        await _insula.DeletePodAsync("late");
        foreach (var service in (string[])["web", "heads", "early"])
        {
            (await _insula.CliAsync("delete", "service", service)).Succeeded();
        }

        await Eventually.TrueAsync(async () => await DnsAsker.RecordsAsync(pod, Web) == "NXDomain", "a Service that is gone has no name");
        await _insula.DeletePodAsync("two");
        Assert.Equal("NXDomain", await DnsAsker.RecordsAsync(fixture.Host, $"{Dashed(second)}.default.pod.cluster.local"));
    }

    [Fact]
    public async Task Endpoints_made_by_hand_have_names_of_both_families()
    {
        await _insula.ApplyAsync(Services.Services.Manifest("hand", null, new { clusterIP = "None" }, new { name = "db", port = 5432 }));
        foreach (var (name, type, address) in ((string, string, string)[])[("hand-4", "IPv4", "192.0.2.9"), ("hand-6", "IPv6", "2001:db8::9")])
        {
            await _insula.ApplyAsync($$$"""
                {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"{{{name}}}","labels":{"kubernetes.io/service-name":"hand"}},
                 "addressType":"{{{type}}}","ports":[{"name":"db","port":5432}],"endpoints":[{"addresses":["{{{address}}}"],"hostname":"db"}]}
                """);
        }

        const string Name = "hand.default.svc.cluster.local";
        await Eventually.TrueAsync(async () => await DnsAsker.RecordsAsync(fixture.Host, Name, RecordTypes.AAAA) == "2001:db8::9", "the name has the IPv6 address");
        Assert.Equal("192.0.2.9", await DnsAsker.RecordsAsync(fixture.Host, Name));
        Assert.Equal("192.0.2.9", await DnsAsker.RecordsAsync(fixture.Host, $"db.{Name}"));
        Assert.Equal($"db.{Name}", await DnsAsker.RecordsAsync(fixture.Host, "9.2.0.192.in-addr.arpa", RecordTypes.PTR));
        (await _insula.CliAsync("delete", "endpointslices", "hand-4", "hand-6")).Succeeded();
        (await _insula.CliAsync("delete", "service", "hand")).Succeeded();
    }

    [Fact]
    public async Task Programs_find_names_as_they_are_used_to()
    {
        await _insula.ApplyAsync(Services.Services.Manifest("api", "api", null, new { port = 80 }));
        await StartAsync("asking");
        var address = (string)(await Services.Services.GetAsync(_insula, "api"))["spec"]!["clusterIP"]!;
        var file = (await _insula.CliAsync("exec", "asking", "--", "cat", "/etc/resolv.conf")).Succeeded();
        Assert.Equal("nameserver 10.43.0.10\nsearch default.svc.cluster.local svc.cluster.local cluster.local host.example\noptions ndots:5\n", file);
        await Eventually.TrueAsync(async () => await DnsAsker.RecordsAsync(fixture.Host, "api.default.svc.cluster.local") == address, "the name is there");
        Assert.Contains($"Address: {address}\n", (await _insula.CliAsync("exec", "asking", "--", "nslookup", "api.default.svc.cluster.local")).Output, StringComparison.Ordinal);

        // The C library of this machine in the pod's place, with the pod's file.
        var pid = Processes.MainOf(_insula, JsonNode.Parse((await _insula.CliAsync("get", "pod", "asking", "-o", "json")).Succeeded())!, "main");
        var copy = Path.Combine(_insula.Base, "resolv.conf");
        await File.WriteAllTextAsync(copy, file);
        foreach (var name in (string[])["api", "api.default", "api.default.svc", "api.default.svc.cluster.local"])
        {
            var found = (await Commands.RunAsync("nsenter",
                [$"--net=/proc/{pid}/ns/net", "unshare", "--mount", "sh", "-ec", $"mount --bind {copy} /etc/resolv.conf; getent ahostsv4 {name}"])).Succeeded();
            Assert.StartsWith($"{address} ", found, StringComparison.Ordinal);
        }

        await _insula.DeletePodAsync("asking");
        (await _insula.CliAsync("delete", "service", "api")).Succeeded();
    }

    [Fact]
    public async Task No_Service_gets_the_address_of_the_server()
    {
        var refused = await _insula.CliWithInputAsync(Services.Services.Manifest("thief", "x", new { clusterIP = DnsAsker.Server }, new { port = 53 }), "create", "-f", "-");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("provided IP is the cluster DNS's", refused.Error, StringComparison.Ordinal);
        Assert.Matches(@"cluster DNS +ok +10\.43\.0\.10, cluster\.local, served by process \d+", (await _insula.CliAsync("system", "check")).Output);
    }

    private static string Both(params string[] texts) => string.Join(", ", texts.Order(StringComparer.Ordinal));

    private static string Dashed(string address) => address.Replace('.', '-');

    private static string Reverse(string address) => $"{string.Join('.', address.Split('.').Reverse())}.in-addr.arpa";

    /// <summary>Where the kernel leads to.</summary>
    private async Task<(string Address, int Port)> ServerAsync()
    {
        var element = System.Text.RegularExpressions.Regex.Match(
            (await _insula.InNetworkAsync("nft", "list", "ruleset")).Succeeded(), @"10\.43\.0\.10 \. udp \. 53 \. 0 : ([\d.]+) \. (\d+)");
        return (element.Groups[1].Value, int.Parse(element.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture));
    }

    private async Task<string> AddressAsync(string pod) => Pods.Address(await PodAsync(pod));

    private async Task<JsonNode> PodAsync(string pod) => JsonNode.Parse((await _insula.CliAsync("get", "pod", pod, "-o", "json")).Succeeded())!;

    private async Task StartAsync(string name, object? spec = null, object? readinessProbe = null, bool wait = true)
    {
        await _insula.ApplyAsync(Manifests.Pod(name, Manifests.Forever, readinessProbe is null ? null : new { readinessProbe }, spec, new { labels = new { app = "named" } }));
        if (wait)
        {
            await _insula.WaitForReadyAsync(name);
        }
    }
}
