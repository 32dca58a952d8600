using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Policies;

/// <summary>Policies of the real daemon and real pods: from a pod's first instruction, through kill and restart, and never in the way of probes.</summary>
public sealed class PolicyTests(PolicyTests.Fixture fixture) : IClassFixture<PolicyTests.Fixture>
{
    private readonly Instance _insula = fixture.Instance;

    /// <summary>A daemon whose pods are insulated by default.</summary>
    public sealed class Fixture : InstanceFixture
    {
        protected override string Config => base.Config + "\ninsulated: true\n";
    }

    [Fact]
    public async Task A_policy_holds_from_the_first_instruction_on_through_kill_and_restart()
    {
        await ApplyPolicyAsync("closed", """{"podSelector":{"matchLabels":{"app":"guarded"}},"ingress":[{"from":[{"podSelector":{"matchLabels":{"role":"friend"}}}],"ports":[{"port":"http"}]}]}""");

        // Probes come from the machine, and no policy keeps them out.
        await ServeAsync("guarded", "default");
        var address = await AddressAsync("guarded", "default");
        using var stranger = await AskerAsync("stranger", "default", address, role: "stranger");
        using var friend = await AskerAsync("friend", "default", address, role: "friend");
        Assert.Equal("guarded\n", await FetchAsync(friend, address));
        Assert.StartsWith("failed", await FetchAsync(stranger, address), StringComparison.Ordinal);
        Assert.Equal("refused\n", (await _insula.CliAsync("logs", "stranger")).Succeeded());
        Assert.Equal("guarded\n", (await _insula.CliAsync("logs", "friend")).Succeeded());

        for (var i = 0; i < 2; i++)
        {
            await _insula.KillDaemonAsync();
            Assert.Equal("guarded\n", await FetchAsync(friend, address));
            Assert.StartsWith("failed", await FetchAsync(stranger, address), StringComparison.Ordinal);
            await _insula.StartDaemonAsync();
            Assert.Equal("guarded\n", await FetchAsync(friend, address));
            Assert.StartsWith("failed", await FetchAsync(stranger, address), StringComparison.Ordinal);
        }

        // A label makes a friend.
        (await _insula.CliWithInputAsync(Asker("stranger", address, "friend"), "apply", "-f", "-")).Succeeded();
        await Eventually.TrueAsync(async () => await FetchAsync(stranger, address) == "guarded\n", "its label lets it in");
        (await _insula.CliAsync("delete", "networkpolicy", "closed")).Succeeded();
        Assert.Equal("True", (string?)(await GetAsync("guarded", "default"))["status"]!["conditions"]!.AsArray().Single(c => (string?)c!["type"] == "Ready")!["status"]);
        foreach (var pod in (string[])["guarded", "stranger", "friend"])
        {
            await _insula.DeletePodAsync(pod);
        }
    }

    [Fact]
    public async Task Other_namespaces_are_closed_but_by_a_Service()
    {
        (await _insula.CliWithInputAsync("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"other"}}""", "apply", "-f", "-")).Succeeded();
        await ServeAsync("web", "other");
        await _insula.ApplyAsync("""{"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"other"},"spec":{"selector":{"app":"web"},"ports":[{"port":8080}]}}""");
        var service = (string)JsonNode.Parse((await _insula.CliAsync("get", "service", "web", "-n", "other", "-o", "json")).Succeeded())!["spec"]!["clusterIP"]!;
        var address = await AddressAsync("web", "other");
        using var asker = await AskerAsync("asker", "default", address, role: "asker");
        Assert.StartsWith("failed", await FetchAsync(asker, address), StringComparison.Ordinal);
        await Eventually.TrueAsync(async () => await FetchAsync(asker, service) == "web\n", "the Service leads there");
        using var neighbour = await AskerAsync("neighbour", "other", address, role: "asker");
        Assert.Equal("web\n", await FetchAsync(neighbour, address));
        await _insula.DeletePodAsync("asker");
        (await _insula.CliAsync("delete", "namespace", "other")).Succeeded();
    }

    [Fact]
    public async Task A_policy_that_cannot_be_is_refused_by_path()
    {
        var refused = await _insula.CliWithInputAsync(Policy("wrong", """{"podSelector":{},"ingress":[{"from":[{"ipBlock":{"cidr":"10.0.0.0/8","except":["11.0.0.0/16"]}}]}]}"""), "apply", "-f", "-");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("spec.ingress[0].from[0].ipBlock.except[0]", refused.Error, StringComparison.Ordinal);
    }

    private async Task ApplyPolicyAsync(string name, string spec) => (await _insula.CliWithInputAsync(Policy(name, spec), "apply", "-f", "-")).Succeeded();

    private static string Policy(string name, string spec) =>
        $$"""{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"{{name}}"},"spec":{{spec}}}""";

    private async Task ServeAsync(string name, string ns)
    {
        await _insula.ApplyAsync(Manifests.Pod(
            name, $"mkdir /www; echo {name} > /www/index.html; httpd -p 8080 -h /www; {Manifests.Forever}", metadata: new { @namespace = ns, labels = new { app = name } }, container: new
            {
                ports = new[] { new { name = "http", containerPort = 8080 } },
                readinessProbe = new { httpGet = new { port = 8080, path = "/" }, periodMilliseconds = 100 },
            }));
        await _insula.WaitForReadyAsync(name, ns);
    }

    /// <summary>A pod whose first act is to ask; what it was answered is in its log.</summary>
    private async Task<TestNamespace> AskerAsync(string name, string ns, string address, string role)
    {
        await _insula.ApplyAsync(Asker(name, address, role, ns));
        await _insula.WaitForReadyAsync(name, ns);
        await Eventually.TrueAsync(async () => (await _insula.CliAsync("logs", name, "-n", ns)).Output.Length > 0, $"{name} has asked");
        return TestNamespace.Open($"/proc/{Processes.MainOf(_insula, await GetAsync(name, ns), "main")}/ns/net");
    }

    private static string Asker(string name, string address, string role, string ns = "default") => Manifests.Pod(
        name, $"wget -qO- http://{address}:8080/ 2>/dev/null || echo refused; {Manifests.Forever}", metadata: new { @namespace = ns, labels = new { role } });

    private static Task<string> FetchAsync(TestNamespace from, string address) => Web.FetchAsync(from.Path, $"http://{address}:8080/");

    private async Task<JsonNode> GetAsync(string pod, string ns) => JsonNode.Parse((await _insula.CliAsync("get", "pod", pod, "-n", ns, "-o", "json")).Succeeded())!;

    private async Task<string> AddressAsync(string pod, string ns) => Pods.Address(await GetAsync(pod, ns));
}
