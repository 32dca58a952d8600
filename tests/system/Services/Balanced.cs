using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Linux.Processes;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Services;

/// <summary>What tests ask of Services of the type LoadBalancer, and servers behind them.</summary>
internal static class Balanced
{
    /// <summary>A pod with the label <c>app: APP</c>, else <c>app: NAME</c>, that answers at port 8080 with its name and the client's address; its own address.</summary>
    public static async Task<string> ServerAsync(Instance insula, string name, string? app = null)
    {
        await insula.ApplyAsync(Manifests.Pod(
            name, $"mkdir -p /www/cgi-bin; cd /www/cgi-bin; echo '#!/bin/sh' > who; echo 'echo Content-Type: text/plain; echo; echo {name} $REMOTE_ADDR' >> who; chmod +x who; httpd -p 8080 -h /www; {Manifests.Forever}",
            metadata: new { labels = new { app = app ?? name } }, container: new { readinessProbe = new { tcpSocket = new { port = 8080 }, periodMilliseconds = 100 } }));
        await insula.WaitForReadyAsync(name);
        return Pods.Address(JsonNode.Parse((await insula.CliAsync("get", "pod", name, "-o", "json")).Succeeded())!);
    }

    /// <summary>What answers at an address: name and the client's address; "refused", or something else that went wrong.</summary>
    public static async Task<string> AskAsync(TestNamespace from, string address, int port)
    {
        var answer = await Web.FetchAsync(from.Path, $"http://{address}:{port}/cgi-bin/who");
        return answer.Contains("Connection refused", StringComparison.Ordinal) || answer.Contains("connect to", StringComparison.Ordinal) ? "refused" : Unmapped(answer.TrimEnd());
    }

    /// <summary>The server has one socket for both families, and shows who came by IPv4 as an IPv6 address.</summary>
    private static string Unmapped(string answer) => answer.Contains("[::ffff:", StringComparison.Ordinal) ? answer.Replace("[::ffff:", "", StringComparison.Ordinal).TrimEnd(']') : answer;

    /// <summary>Waits until a Service is at an address.</summary>
    public static Task<JsonNode> WaitForAsync(Instance insula, string name, string address) => Eventually.GetAsync(
        () => Services.GetAsync(insula, name), s => (string?)s["status"]?["loadBalancer"]?["ingress"]?[0]?["ip"] == address, $"the Service {name} is at {address}");

    /// <summary>Waits until a Service is gone, with what its provider had of it.</summary>
    public static Task WaitForEndAsync(Instance insula, string name) =>
        Eventually.TrueAsync(async () => (await insula.CliAsync("get", "service", name)).ExitCode != 0, $"the Service {name} is gone");

    /// <summary>The process that answers at health-check node ports.</summary>
    public static async Task<string> HealthServerAsync(Instance insula) => await Eventually.GetAsync(
        () => Task.FromResult(Leaks.Processes(insula).Where(pid => ProcessStat.Read(pid) is { Name: "insula-dns", IsZombie: false }).Select(pid => pid.ToString(CultureInfo.InvariantCulture)).SingleOrDefault() ?? ""),
        pid => pid.Length > 0, "one server runs");

    /// <summary>The reasons of a Service's events, in their order.</summary>
    public static async Task<IEnumerable<string>> EventsAsync(Instance insula, string name) => (await AllAsync(insula, name)).Select(e => (string)e!["reason"]!);

    /// <summary>Waits for an event of a Service.</summary>
    public static Task WaitForEventAsync(Instance insula, string name, string reason, string message) => Eventually.TrueAsync(
        async () => (await AllAsync(insula, name)).Any(e => (string?)e!["reason"] == reason && ((string)e["message"]!).Contains(message, StringComparison.Ordinal)),
        $"an event {reason} of {name} says: {message}");

    private static async Task<IEnumerable<JsonNode?>> AllAsync(Instance insula, string name) =>
        JsonNode.Parse((await insula.CliAsync("get", "events", "-o", "json")).Succeeded())!["items"]!.AsArray()
            .Where(e => (string?)e!["involvedObject"]!["name"] == name && (string?)e["involvedObject"]!["kind"] == "Service").OrderBy(e => (string)e!["metadata"]!["name"]!);
}
