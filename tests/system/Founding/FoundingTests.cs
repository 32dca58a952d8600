using System.Globalization;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Ingresses;
using Insula.SystemTests.Workloads;

namespace Insula.SystemTests.Founding;

/// <summary>
/// What the project was begun for: a load balancer, workers behind it with an ingress each, Services, pods, and health at every step. Whatever is killed,
/// who asks is answered. <c>make demo</c> shows it.
/// </summary>
public sealed class FoundingTests(ITestOutputHelper output)
{
    private const string Shop = "shop";

    // Each answer is one write: it has been given or has not begun. One that was cut in its midst nobody can ask for again for the client.
    private const string Server =
        """
        page="$(hostname) one"
        cat >/answer <<END
        #!/bin/sh
        while read -r line && [ \${#line} -gt 1 ]; do :; done
        printf 'HTTP/1.1 200 OK\r\nContent-Length: %s\r\nConnection: close\r\n\r\n%s\n' $((${#page} + 1)) "$page"
        END
        chmod +x /answer
        exec nc -ll -p 8080 -e /answer
        """;

    private readonly List<(string What, int Asked, IReadOnlyList<string> Failed, TimeSpan Window)> _windows = [];

    [Fact]
    public async Task Whatever_is_killed_who_asks_is_answered()
    {
        await using var site = new Site();
        output.WriteLine("Three workers, three pods of one workload on each, all on port 8080; an ingress on each worker; a load balancer in front.");
        await site.BuildAsync(
            3,
            Loads.Deployment(Shop, 3, Server, container: new
            {
                ports = new[] { new { name = "http", containerPort = 8080 } },
                readinessProbe = new { httpGet = new { path = "/", port = "http" }, periodMilliseconds = 200 },
                livenessProbe = new { httpGet = new { path = "/", port = "http" } },
                lifecycle = new { preStop = new { sleep = new { seconds = 1 } } },
                resources = new { requests = new { cpu = "20m", memory = "16Mi" }, limits = new { memory = "32Mi" } },
            }),
            $$"""{"apiVersion":"v1","kind":"Service","metadata":{"name":"{{Shop}}"},"spec":{"selector":{"app":"{{Shop}}"},"ports":[{"port":80,"targetPort":"http"}]} }""",
            Doors.Ingress(Shop, [(Site.Host, [$"Prefix / {Shop}:80"])]));
        await Eventually.TrueAsync(async () => (await site.FetchAsync()).EndsWith(" one\n", StringComparison.Ordinal), "the site answers");
        output.WriteLine($"$ curl -H 'Host: {Site.Host}' http://192.0.2.254/\n{(await site.FetchAsync()).TrimEnd()}");
        var (first, second, third) = (site.Workers[0], site.Workers[1], site.Workers[2]);

        await ThroughAsync(site, "a container", async () =>
        {
            var pod = (await Loads.PodsAsync(first.Insula, Shop))[0];
            await Processes.KillAsync(first.Insula, pod, "main");
            await first.Insula.WaitForPodAsync(Loads.Name(pod), p => Pods.Restarts(p, "main") == 1 && Pods.IsReady(p), "ready again");
        });
        await ThroughAsync(site, "a pod", async () =>
        {
            var pod = Loads.Name((await Loads.PodsAsync(first.Insula, Shop))[0]);
            (await first.Insula.CliAsync("delete", "pod", pod)).Succeeded();
            await Loads.WaitForPodsAsync(first.Insula, Shop, 3);
        });
        await ThroughAsync(site, "an ingress", async () =>
        {
            var pod = Assert.Single(await second.IngressPodsAsync());
            await Processes.KillAsync(second.Insula, pod, "haproxy");
            await Eventually.TrueAsync(async () => (await second.IngressPodsAsync()).All(p => Pods.Restarts(p, "haproxy") > 0 && Pods.IsReady(p)), "the ingress is ready again");
        });
        await ThroughAsync(site, "a daemon", async () =>
        {
            await second.Insula.KillDaemonAsync();
            await Task.Delay(Site.Interval * Site.Fall * 2);
            Assert.DoesNotContain("DOWN", await site.HealthAsync(), StringComparison.Ordinal);
            await second.Insula.StartDaemonAsync();
            await Loads.WaitForPodsAsync(second.Insula, Shop, 3);
        });
        var worker = await ThroughAsync(site, "a whole worker", async () =>
        {
            await third.UnplugAsync();
            await Eventually.TrueAsync(async () => (await site.HealthAsync()).Contains($"{third.Name}=DOWN", StringComparison.Ordinal), "the balancer knows");
            await Task.Delay(Site.Interval * Site.Fall);
            await third.PlugAsync();
            await Eventually.TrueAsync(async () => !(await site.HealthAsync()).Contains("DOWN", StringComparison.Ordinal), "the balancer has it again");
        });

        Tell();
        Assert.All(_windows.SkipLast(1), w => Assert.True(w.Failed is [], $"{w.What}: {string.Join('\n', w.Failed)}"));

        // On a machine that does other things meanwhile, a check's answer may be late, too.
        var slack = Environment.GetEnvironmentVariable("INSULA_DEMO") is null ? 10 : 1;
        Assert.InRange(worker.TotalSeconds, 0, (Site.Interval * Site.Fall).TotalSeconds + (slack * Eventually.Slowness));
        await MoreThanFitAsync(first.Insula);
        await IntruderAsync(second.Insula);
    }

    // A closed loop of clients over something that is killed.
    private async Task<TimeSpan> ThroughAsync(Site site, string what, Func<Task> kill)
    {
        await using var clients = site.Clients();
        await Eventually.TrueAsync(() => clients.Count > 50, "clients are answered");
        await kill();
        var after = clients.Count;
        await Eventually.TrueAsync(() => clients.Count > after + 50, "clients are answered afterwards");
        var wrong = await clients.EndAsync();
        _windows.Add((what, clients.Count, wrong, clients.Window));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"killed: {what}: {clients.Count} requests, {wrong.Count} failed{(wrong.Count > 0 ? $", the last {clients.Window.TotalMilliseconds:0} ms after the first: {wrong[0]}" : "")}"));
        return clients.Window;
    }

    private void Tell()
    {
        output.WriteLine("\n| Killed | Requests | Failed | From the first failure to the last |\n|---|---|---|---|");
        foreach (var (what, asked, failed, window) in _windows)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {asked} | {failed.Count} | {window.TotalMilliseconds:0} ms |"));
        }
    }

    private async Task MoreThanFitAsync(Instance insula)
    {
        await insula.ApplyAsync(Loads.Deployment("crowd", 6, "exec sleep 1000", container: new { resources = new { requests = new { cpu = $"{Environment.ProcessorCount * 300}m" } } }));
        await Loads.WaitForAsync(insula, "deployment", "crowd", d => (int?)d["status"]?["readyReplicas"] == 3, "three fit");
        var waiting = await Eventually.GetAsync(
            async () => (await Loads.PodsAsync(insula, "crowd")).Where(p => (string?)p["status"]?["phase"] == "Pending").ToList(), pods => pods.Count == 3, "three wait");
        var why = waiting[0]["status"]!["conditions"]!.AsArray().First(c => (string?)c!["type"] == "PodScheduled")!;
        Assert.Equal("Unschedulable", (string?)why["reason"]);
        output.WriteLine($"\nSix more pods, which want 30 % of the machine each: three run, three wait.\n{(string?)why["message"]}");
        (await insula.CliAsync("delete", "pod", Loads.Name((await Loads.PodsAsync(insula, "crowd")).First(Pods.IsReady)))).Succeeded();
        await Loads.WaitForAsync(insula, "deployment", "crowd", d => (int?)d["status"]?["readyReplicas"] == 3, "who waited has the place");
        await Loads.DeleteAsync(insula, "deployment", "crowd");
    }

    // Somebody has taken over a pod of the shop. The policy lets the shop be reached by the ingress, and reach nobody but the cluster's names.
    private async Task IntruderAsync(Instance insula)
    {
        await insula.ApplyAsync(
            """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: shop}
            spec:
              podSelector: {matchLabels: {app: shop}}
              policyTypes: [Ingress, Egress]
              ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: insula-system}}, podSelector: {matchLabels: {app.kubernetes.io/name: insula-ingress}}}]}]
              egress: [{to: [{namespaceSelector: {}}], ports: [{protocol: UDP, port: 53}]}]
            """);
        await insula.ApplyAsync(Manifests.Pod("ledger", Loads.Server("secret"), Loads.Serving, metadata: new { labels = new { app = "ledger" } }));
        var ledger = (string)(await insula.WaitForReadyAsync("ledger"))["status"]!["podIP"]!;
        var pod = Loads.Name((await Loads.PodsAsync(insula, Shop))[0]);
        output.WriteLine("\nAn intruder in a pod of the shop:");
        var can = new (string What, string Script, bool Works)[]
        {
            ("reads its own files", "cat /answer", true),
            ("asks for a name", "nslookup shop.default.svc.cluster.local", true),
            ("reaches another pod", $"nc -w 2 {ledger} 8080 </dev/null", false),
            ("reaches a machine outside", "nc -w 2 192.0.2.254 80 </dev/null", false),
            ("reaches a program of its own machine", "nc -w 2 192.0.2.2 22 </dev/null", false),
            ("sees a process of another container", "cat /proc/[0-9]*/cmdline | grep -q [h]aproxy", false),
            ("mounts something", "mount -t tmpfs none /mnt", false),
            ("changes a setting of the kernel", "echo 1 > /proc/sys/kernel/sysrq", false),
            ("makes a device and opens it", "mknod /tmp/disk b 254 0 && head -c 1 /tmp/disk", false),
            ("finds the daemon's socket", "ls /run/insula/insula.sock", false),
        };
        foreach (var (what, script, works) in can)
        {
            var tried = await insula.CliAsync("exec", pod, "--", "sh", "-c", script);
            output.WriteLine($"  {(tried.ExitCode == 0 ? "can" : "cannot"),-7}{what}");
            Assert.True(tried.ExitCode == 0 == works, $"{what}: {script} ended with {tried.ExitCode}\n{tried.Output}{tried.Error}");
        }
    }
}
