using System.Text.Json.Nodes;
using Insula.SystemTests.Faults;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Cni;

/// <summary>What plug-ins are told, what becomes of their failures, and what the daemon owes them, with plug-ins that note everything and fail when told to.</summary>
public sealed class PluginTests : IAsyncLifetime
{
    private readonly PluginDirectory _plugins = new();
    private Instance _insula = null!;

    public async ValueTask InitializeAsync()
    {
        _plugins.Write("10-recorded.conflist", PluginDirectory.Recorders("1.1.0"));
        _insula = await Instance.StartAsync($"back-off-initial: 1s\nback-off-max: 2s\n{_plugins.Options}");
    }

    public async ValueTask DisposeAsync()
    {
        await _insula.DisposeAsync();
        _plugins.Dispose();
    }

    [Fact]
    public async Task A_chain_is_called_as_the_specification_says()
    {
        await RunAsync("told", new { ports = new[] { new { containerPort = 80, hostPort = 9081, hostIP = "192.0.2.9" } } }, new { dnsPolicy = "Default" },
            new { name = "told", annotations = new Dictionary<string, string> { ["kubernetes.io/ingress-bandwidth"] = "10M" } });
        var pod = (await _insula.Api.FindPodAsync("told"))!;
        Assert.Equal(["10.201.0.2", "fd01::2"], pod["status"]!["podIPs"]!.AsArray().Select(ip => (string)ip!["ip"]!));
        var add = _plugins.Calls("ADD");
        Assert.Equal(["first", "second"], add.Select(c => c[0]));
        var (first, second) = (JsonNode.Parse(add[0][6])!, JsonNode.Parse(add[1][6])!);
        Assert.All(add, c => Assert.Equal($"{Pods.Uid(pod)}-0", c[2]));
        Assert.All(add, c => Assert.Equal($"{_insula.Run}/netns/{Pods.Uid(pod)}-0", c[3]));
        Assert.All(add, c => Assert.Equal("eth0", c[4]));
        Assert.Contains("K8S_POD_NAMESPACE=default;K8S_POD_NAME=told", add[0][5], StringComparison.Ordinal);
        Assert.Equal(("1.1.0", "recorded", "one"), ((string)first["cniVersion"]!, (string)first["name"]!, (string)first["key"]!));
        Assert.Null(first["prevResult"]);
        Assert.Null(first["runtimeConfig"]);
        Assert.Null(second["capabilities"]);
        Assert.Equal("10.201.0.2/16", (string)second["prevResult"]!["ips"]![0]!["address"]!);
        var told = second["runtimeConfig"]!;
        Assert.Equal("""{"hostPort":9081,"containerPort":80,"protocol":"tcp","hostIP":"192.0.2.9"}""", told["portMappings"]![0]!.ToJsonString());
        Assert.Equal(10_000_000, (long)told["bandwidth"]!["ingressRate"]!);
        Assert.NotNull(told["dns"]!["servers"]);

        // The network's own name servers, where the pod is to have the machine's.
        var resolv = (await _insula.CliAsync("exec", "told", "--", "cat", "/etc/resolv.conf")).Succeeded();
        Assert.Contains("nameserver 192.0.2.53", resolv, StringComparison.Ordinal);
        Assert.Contains("search from.cni", resolv, StringComparison.Ordinal);
        Assert.Contains("LOOPBACK,UP", (await _insula.CliAsync("exec", "told", "--", "ip", "link", "show", "lo")).Succeeded(), StringComparison.Ordinal);

        await _insula.DeletePodAsync("told");
        var delete = _plugins.Calls("DEL");
        Assert.Equal(["second", "first"], delete.Select(c => c[0]));
        Assert.All(delete, c => Assert.NotNull(JsonNode.Parse(c[6])!["prevResult"]));
        Assert.NotNull(JsonNode.Parse(delete[0][6])!["runtimeConfig"]!["portMappings"]);
        Assert.Empty(_plugins.Given());
    }

    [Fact]
    public async Task A_failed_ADD_is_told_undone_and_tried_again()
    {
        _plugins.Set("fault.ADD", """[ "$name" = first ] || { echo '{"cniVersion":"1.1.0","code":11,"msg":"told to fail","details":"because\u001b[31m of the test"}'; exit 1; }""");
        await ApplyAsync("hapless");
        await TellsAsync("hapless", "the CNI plug-in second (ADD) failed: told to fail: because [31m of the test (code 11)");
        await Eventually.TrueAsync(() => _plugins.Calls("DEL").Count >= 2 && _plugins.Given().Count <= 1, "what was done is undone");
        _plugins.Heal("ADD");
        await _insula.WaitForReadyAsync("hapless");
        Assert.Single(_plugins.Given());
    }

    [Fact]
    public async Task DEL_is_tried_until_it_works_with_what_ADD_was_called_with()
    {
        await RunAsync("stuck");
        _plugins.Fail("DEL");
        _plugins.Write("10-recorded.conflist", PluginDirectory.Recorders("1.1.0").Replace("\"one\"", "\"changed\"", StringComparison.Ordinal));
        (await _insula.CliAsync("delete", "pod", "stuck", "--grace-period", "0", "--wait=false")).Succeeded();
        await TellsAsync("stuck", "told to fail");
        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
        var before = _plugins.Calls("DEL").Count;
        await Eventually.TrueAsync(() => _plugins.Calls("DEL").Count > before, "the next daemon tries, too");
        _plugins.Heal("DEL");
        await Eventually.TrueAsync(async () => await _insula.Api.FindPodAsync("stuck") is null, "the pod is gone");
        await Eventually.TrueAsync(() => _plugins.Given().Count == 0, "all is given back");
        Assert.All(_plugins.Calls("DEL").Where(c => c[0] == "first"), c => Assert.Contains("\"one\"", c[6], StringComparison.Ordinal));
    }

    [Fact]
    public async Task After_a_reboot_DEL_is_called_without_a_namespace_until_it_works()
    {
        await RunAsync("rebooted");
        var before = (await _insula.Api.FindPodAsync("rebooted"))!;
        _plugins.Fail("DEL");
        await _insula.RebootAsync();
        await Eventually.TrueAsync(() => _plugins.Calls("DEL").Count(c => c[2] == $"{Pods.Uid(before)}-0" && c[3].Length == 0) > 2, "DEL is called without a namespace, and again");
        Assert.Equal([$"{Pods.Uid(before)}-0"], _plugins.Given());
        await TellsAsync("rebooted", "told to fail");
        _plugins.Heal("DEL");
        await _insula.WaitForPodAsync("rebooted", p => Pods.IsReady(p) && Pods.Restarts(p, "main") == 1, "Ready again");
        Assert.Single(_plugins.Given());
    }

    [Fact]
    public async Task A_network_that_is_not_what_it_was_is_told()
    {
        await RunAsync("checked");
        await _insula.KillDaemonAsync();
        _plugins.Fail("CHECK", message: "no such link");
        await _insula.StartDaemonAsync();
        await TellsAsync("checked", "NetworkCheckFailed");
        await TellsAsync("checked", "no such link");
        Assert.Equal(0, Pods.Restarts((await _insula.Api.FindPodAsync("checked"))!, "main"));
        Assert.NotNull(JsonNode.Parse(_plugins.Calls("CHECK")[0][6])!["prevResult"]);
    }

    [Fact]
    public async Task Pods_wait_while_the_network_takes_none()
    {
        _plugins.Fail("STATUS", 50, "the switch is away");
        await Eventually.TrueAsync(async () => await NodeAsync() is { } c && (string?)c["status"] == "True" && ((string)c["message"]!).Contains("the switch is away", StringComparison.Ordinal), "the node says so");
        await ApplyAsync("waiting");
        await TellsAsync("waiting", "the CNI network is not ready: the CNI plug-in first (STATUS) failed: the switch is away");
        Assert.Empty(_plugins.Calls("ADD"));
        _plugins.Heal("STATUS");
        await _insula.WaitForReadyAsync("waiting");
        await Eventually.TrueAsync(async () => (string?)(await NodeAsync())?["status"] == "False", "the node says that it is well");
    }

    [Fact]
    public async Task What_there_is_is_told_so_that_anything_else_is_collected()
    {
        await RunAsync("valid");
        var id = $"{Pods.Uid((await _insula.Api.FindPodAsync("valid"))!)}-0";
        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
        await Eventually.TrueAsync(
            () => _plugins.Calls("GC").Any(c => JsonNode.Parse(c[6])!["cni.dev/valid-attachments"]!.ToJsonString() == $$"""[{"containerID":"{{id}}","ifname":"eth0"}]"""), "the pod is among it");
    }

    [Fact]
    public async Task Versions_are_agreed_upon_and_lists_that_cannot_be_are_refused_with_the_reason()
    {
        _plugins.Speak("""{"cniVersion":"1.0.0","supportedVersions":["0.3.1","0.4.0","1.0.0"]}""");
        _plugins.Write("05-first.conflist", PluginDirectory.Recorders("0.4.0", "\"cniVersions\":[\"1.0.0\",\"1.1.0\"],"));
        await RunAsync("agreed");
        Assert.All(_plugins.Calls("ADD"), c => Assert.Equal("1.0.0", (string)JsonNode.Parse(c[6])!["cniVersion"]!));
        _plugins.Write("05-first.conflist", PluginDirectory.Recorders("1.1.0"));
        await ApplyAsync("disagreed");
        await TellsAsync("disagreed", "none in common");
        _plugins.Write("05-first.conflist", """{"cniVersion":"1.0.0","name":"broken","plugins":[{"type":"../sh"}]}""");
        await TellsAsync("disagreed", "05-first.conflist: plugins[0].type:");
        _plugins.Write("05-first.conflist", PluginDirectory.Recorders("1.0.0"));
        await _insula.WaitForReadyAsync("disagreed");
    }

    [Fact]
    public async Task Pods_of_the_network_of_before_keep_theirs()
    {
        await RunAsync("plugged");
        await _insula.KillDaemonAsync();
        var config = _insula.Config;
        _insula.Config = config.Replace("cni-conf-dir", "# cni-conf-dir", StringComparison.Ordinal);
        await _insula.StartDaemonAsync();
        await RunAsync("built-in");
        var (plugged, builtIn) = (Pods.Address((await _insula.Api.FindPodAsync("plugged"))!), Pods.Address((await _insula.Api.FindPodAsync("built-in"))!));
        Assert.StartsWith("10.201.", plugged, StringComparison.Ordinal);
        Assert.StartsWith("10.83.", builtIn, StringComparison.Ordinal);
        await _insula.KillDaemonAsync();
        _insula.Config = config;
        await _insula.StartDaemonAsync();
        Assert.Equal(builtIn, Pods.Address((await _insula.Api.FindPodAsync("built-in"))!));
        Assert.Equal(0, Pods.Restarts((await _insula.Api.FindPodAsync("built-in"))!, "main"));
        await _insula.DeletePodAsync("built-in");
        await _insula.DeletePodAsync("plugged");
        Assert.Empty(_plugins.Given());
    }

    [Fact]
    public async Task A_daemon_that_has_promises_nobody_would_keep_does_not_start()
    {
        var config = _insula.Config;
        await _insula.KillDaemonAsync();
        _insula.Config = config + "insulated: true\n";
        Assert.False(await _insula.TryStartDaemonAsync());
        Assert.Contains("insulated: true cannot be kept on a CNI network", _insula.DaemonLog, StringComparison.Ordinal);
        _insula.Config = config.Replace("cni-conf-dir", "# cni-conf-dir", StringComparison.Ordinal);
        await _insula.StartDaemonAsync();
        await _insula.ApplyAsync("""{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"kept"},"spec":{"podSelector":{}}}""");
        await _insula.KillDaemonAsync();
        _insula.Config = config;
        Assert.False(await _insula.TryStartDaemonAsync());
        Assert.Contains("the NetworkPolicy default/kept cannot be kept on a CNI network", _insula.DaemonLog, StringComparison.Ordinal);
        _insula.Config = config.Replace("cni-conf-dir", "# cni-conf-dir", StringComparison.Ordinal);
        await _insula.StartDaemonAsync();
    }

    [Fact]
    public async Task An_ADD_that_takes_too_long_is_given_up_with_its_pod()
    {
        _plugins.Set("fault.ADD", "sleep 1000");
        await ApplyAsync("slow");
        await Eventually.TrueAsync(() => _plugins.Calls("ADD").Count > 0, "ADD is called");
        (await _insula.CliAsync("delete", "pod", "slow", "--grace-period", "0", "--wait=false")).Succeeded();

        // Whoever dies meanwhile: the ADD that goes on is ended before DEL.
        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
        await Eventually.TrueAsync(async () => await _insula.Api.FindPodAsync("slow") is null, "the pod is gone");
        await Eventually.TrueAsync(() => _plugins.Calls("DEL").Count >= 2, "DEL was called");
        Assert.Empty(_plugins.Given());
        _plugins.Heal("ADD");
        await RunAsync("quick");
    }

    [Fact]
    public async Task An_ADD_that_cannot_be_ended_is_waited_for_before_DEL()
    {
        var directory = Directory.CreateTempSubdirectory("insula-cni-hung-").FullName;
        try
        {
            await using var hung = await HungFileSystem.MountAsync(directory);
            hung.Hang();
            _plugins.Set("fault.ADD", $"stat {directory}/something");
            await ApplyAsync("stuck");
            await Eventually.TrueAsync(() => hung.IsWaitedFor, "the plug-in hangs in the kernel");

            // It has a minute.
            (await _insula.CliAsync("delete", "pod", "stuck", "--grace-period", "0", "--wait=false")).Succeeded();
            await Eventually.TrueAsync(() => _insula.DaemonLog.Contains("a plug-in that was started for it before does not end", StringComparison.Ordinal), "it is said that DEL waits", TimeSpan.FromMinutes(2));
            Assert.Empty(_plugins.Calls("DEL"));
            _plugins.Heal("ADD");
            await hung.AbortAsync();
            await Eventually.TrueAsync(() => _plugins.Calls("DEL").Count >= 2, "DEL is called once nothing runs any more");
            await Eventually.TrueAsync(async () => await _insula.Api.FindPodAsync("stuck") is null, "the pod is gone");
        }
        finally
        {
            Directory.Delete(directory);
        }

        Assert.Empty(_plugins.Given());
        await RunAsync("quick");
    }

    private async Task<JsonNode?> NodeAsync() =>
        (await _insula.Api.GetAsync("/api/v1/nodes"))["items"]![0]!["status"]!["conditions"]!.AsArray().FirstOrDefault(c => (string?)c!["type"] == "NetworkUnavailable");

    private async Task TellsAsync(string pod, string what) => await Eventually.GetAsync(
        async () => (await _insula.CliAsync("events", "--for", $"pod/{pod}")).Output, text => text.Contains(what, StringComparison.Ordinal), $"{pod} tells {what}");

    private Task<string> ApplyAsync(string name, object? container = null, object? spec = null, object? metadata = null) =>
        _insula.ApplyAsync(Manifests.Pod(name, Manifests.Forever, container, spec ?? new { terminationGracePeriodSeconds = 0 }, metadata));

    private async Task RunAsync(string name, object? container = null, object? spec = null, object? metadata = null)
    {
        await ApplyAsync(name, container, spec, metadata);
        await _insula.WaitForReadyAsync(name);
    }
}
