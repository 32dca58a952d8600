using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Network;
using Insula.SystemTests.Workloads;

namespace Insula.SystemTests.Ingresses;

/// <summary>What happens to those who ask while pods, configuration, the daemon and the proxy itself come and go.</summary>
public sealed class IngressLifeTests(OutsideFixture fixture) : IClassFixture<OutsideFixture>
{
    private readonly Instance _insula = fixture.Instance;
    private readonly Doors _doors = new(fixture.Instance, fixture.Outside);

    [Fact]
    public async Task No_request_fails_through_updates_of_pods_and_of_the_configuration_and_the_death_of_the_daemon()
    {
        await _insula.ApplyAsync(Loads.Deployment("web", 2, Loads.Server("one"), container: Loads.Serving));
        (await _insula.CliAsync("expose", "deployment", "web", "--port", "80", "--target-port", "http")).Succeeded();
        await Loads.WaitForPodsAsync(_insula, "web", 2);
        await _insula.ApplyAsync(Doors.Ingress("web", [("a.example", ["Prefix / web:80"])]));
        var (port, _) = await _doors.ServedAsync("web");
        await Eventually.TrueAsync(async () => (await _doors.AskAsync("a.example", port)).EndsWith(" one\n", StringComparison.Ordinal), "the pods answer");
        var worker = await _doors.WorkerAsync();

        // Pods that come and go are no other configuration: the same process goes on.
        await using (var clients = new ClosedLoop(fixture.Outside, Doors.At(port), "a.example"))
        {
            await _insula.ApplyAsync(Loads.Deployment("web", 2, Loads.Server("two"), container: Loads.Serving));
            (await _insula.CliAsync("rollout", "status", "deployment/web", "--timeout", "60s")).Succeeded();
            (await _insula.CliAsync("scale", "deployment/web", "--replicas", "3")).Succeeded();
            await Loads.WaitForPodsAsync(_insula, "web", 3);
            (await _insula.CliAsync("scale", "deployment/web", "--replicas", "1")).Succeeded();
            await Loads.WaitForPodsAsync(_insula, "web", 1);
            await Eventually.TrueAsync(() => clients.Count >= 100, "a hundred answers");
            Assert.Empty(await clients.EndAsync());
            Assert.EndsWith(" two\n", await _doors.AskAsync("a.example", port), StringComparison.Ordinal);
            Assert.Equal(worker, await _doors.WorkerAsync());
        }

        // Another configuration is another process, and nobody notices.
        await using (var clients = new ClosedLoop(fixture.Outside, Doors.At(port), "a.example"))
        {
            for (var i = 0; i < 3; i++)
            {
                await _insula.ApplyAsync(Doors.Ingress($"more-{i}", [($"m{i}.example", ["Prefix / web:80"])]));
                await _doors.ServedAsync($"more-{i}");
                Assert.StartsWith("200", await _doors.AskAsync($"m{i}.example", port), StringComparison.Ordinal);
            }

            Assert.Empty(await clients.EndAsync());
            Assert.NotEqual(worker, await _doors.WorkerAsync());
        }

        // While no daemon is there, all goes on; the next one sees to what has changed meanwhile.
        await using (var clients = new ClosedLoop(fixture.Outside, Doors.At(port), "a.example"))
        {
            worker = await _doors.WorkerAsync();
            for (var i = 0; i < 3; i++)
            {
                // At another moment each time, also in the midst of a change.
                await _insula.CliAsync("scale", "deployment/web", "--replicas", $"{2 + (i % 2)}");
                await _insula.ApplyAsync(Doors.Ingress($"during-{i}", [($"d{i}.example", ["Prefix / web:80"])]));
                await Task.Delay(TimeSpan.FromMilliseconds(70 * i));
                await _insula.KillDaemonAsync();
                await Task.Delay(200);
                Assert.StartsWith("200", await _doors.AskAsync("a.example", port), StringComparison.Ordinal);
                await _insula.StartDaemonAsync();
            }

            for (var i = 0; i < 3; i++)
            {
                await _doors.ServedAsync($"during-{i}");
                Assert.StartsWith("200", await _doors.AskAsync($"d{i}.example", port), StringComparison.Ordinal);
            }

            await Loads.WaitForPodsAsync(_insula, "web", 2);
            Assert.Empty(await clients.EndAsync());
        }

        // With the last Ingress goes all of it.
        (await _insula.CliAsync("delete", "ingress", "--all")).Succeeded();
        await _doors.GoneAsync();
        Assert.DoesNotContain("insula.internal", (await _insula.CliAsync("images")).Succeeded(), StringComparison.Ordinal);
        Assert.Null(await fixture.Outside.TryConnectAsync(Doors.At(port), TimeSpan.FromSeconds(1)));
        await Loads.DeleteAsync(_insula, "deployment", "web");
        (await _insula.CliAsync("delete", "service", "web")).Succeeded();
    }

    [Fact]
    public async Task The_example_does_what_it_says()
    {
        var file = Path.Combine(Repository.Root, "examples", "ingress.yaml");
        (await _insula.CliAsync("apply", "-f", file)).Succeeded();
        var (port, _) = await _doors.ServedAsync("site");
        await Eventually.TrueAsync(async () => (await _doors.AskAsync("site.example", port)).StartsWith("200 front-", StringComparison.Ordinal), "a pod answers");
        (await _insula.CliAsync("delete", "-f", file)).Succeeded();
        await _doors.GoneAsync();
    }

    [Fact]
    public async Task What_is_too_large_to_be_written_is_said_and_what_is_served_goes_on()
    {
        await using var echo = await EchoServer.StartAsync(fixture.Outside, 9106);
        await _doors.ServiceOutsideAsync("small", 9106);
        await _insula.ApplyAsync(Doors.Ingress("small", [("small.example", ["Prefix / small:80"])]));
        var (port, _) = await _doors.ServedAsync("small");

        // More backends than the Secret that holds the configuration has room for.
        var huge = Doors.Ingress("huge", [("huge.example", [.. Enumerable.Range(0, 4000).Select(i => $"Prefix /{i} a-service-with-a-long-name-that-nobody-has-made-{i}:80")])]);
        (await _insula.CliWithInputAsync(huge, "create", "-f", "-")).Succeeded();
        var said = await Eventually.GetAsync(
            async () => (await _insula.CliAsync("get", "events")).Output, text => text.Contains("NotWritten", StringComparison.Ordinal), "that it cannot be written is said");
        Assert.Contains("the configuration cannot be written, and what has changed since is not served", said, StringComparison.Ordinal);
        Assert.StartsWith("200", await _doors.AskAsync("small.example", port), StringComparison.Ordinal);

        (await _insula.CliAsync("delete", "ingress", "huge")).Succeeded();
        await _insula.ApplyAsync(Doors.Ingress("after", [("after.example", ["Prefix / small:80"])]));
        await Eventually.GetAsync(() => _doors.AskAsync("after.example", port), answer => answer.StartsWith("200", StringComparison.Ordinal), "what comes afterwards is served");
        (await _insula.CliAsync("delete", "ingress", "--all")).Succeeded();
        await _doors.GoneAsync();
        (await _insula.CliAsync("delete", "service", "small")).Succeeded();
        await _insula.CliAsync("delete", "endpoints", "small", "--ignore-not-found");
    }

    [Fact]
    public async Task A_proxy_that_dies_comes_back_and_knows_the_pods_before_it_is_asked()
    {
        await using var echo = await EchoServer.StartAsync(fixture.Outside, 9105);
        await _doors.ServiceOutsideAsync("back", 9105);
        await _insula.ApplyAsync(Doors.Ingress("back", [("a.example", ["Prefix / back:80"])]));
        var (port, _) = await _doors.ServedAsync("back");
        var pod = Assert.Single(await _doors.PodsAsync());
        Assert.Equal("65532", (await Commands.RunAsync("stat", ["-c", "%u", $"/proc/{Processes.MainOf(_insula, pod, "haproxy")}"])).Succeeded().Trim());
        await Processes.KillAsync(_insula, pod, "haproxy");
        await Eventually.TrueAsync(async () => Pods.Restarts(Assert.Single(await _doors.PodsAsync()), "haproxy") == 1, "the container is started again");
        await Eventually.TrueAsync(async () => Pods.IsReady(Assert.Single(await _doors.PodsAsync())), "it is ready again");
        Assert.StartsWith("200", await _doors.AskAsync("a.example", port), StringComparison.Ordinal);
        (await _insula.CliAsync("delete", "ingress", "back")).Succeeded();
        await _doors.GoneAsync();
        (await _insula.CliAsync("delete", "service", "back")).Succeeded();
        await _insula.CliAsync("delete", "endpoints", "back", "--ignore-not-found");
    }
}
