using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Cli.Commands;

namespace Insula.Cli.Client;

/// <summary>What <c>port-forward</c> leads to: a pod, or whichever pod of a workload or Service there is.</summary>
internal sealed class ForwardTarget(ApiClient client, string ns, string word) : IDisposable
{
    private readonly SemaphoreSlim _finding = new(1);
    private string? _pod;

    /// <summary>The pod's path now.</summary>
    public async Task<string> PodPathAsync(CancellationToken ct)
    {
        await _finding.WaitAsync(ct);
        try
        {
            return PodName.Path(ns, _pod ??= await PodName.FindAsync(client, ns, word, ct));
        }
        finally
        {
            _finding.Release();
        }
    }

    /// <summary>The pod is not there any more: the next connection looks for another.</summary>
    public void Forget(string? podPath)
    {
        if (_pod is { } pod && PodName.Path(ns, pod) == podPath)
        {
            _pod = null;
        }
    }

    /// <summary>The ports of the pod, in the order asked for, and the local ports that go with them.</summary>
    /// <exception cref="CommandException">There is no such pod or Service, or it has no such port.</exception>
    public async Task<IReadOnlyList<(int Local, int Remote)>> ResolveAsync(IReadOnlyList<ForwardedPort> ports, CancellationToken ct)
    {
        var pod = await client.GetAsync(await PodPathAsync(ct), ct);
        if ((string?)pod["status"]?["phase"] is "Succeeded" or "Failed")
        {
            throw new CommandException($"pod/{(string?)pod["metadata"]?["name"]} has ended: nobody listens in it");
        }

        var service = await FindServiceAsync(ct);
        return [.. ports.Select(port =>
        {
            var (shown, remote) = Resolve(port.Remote, pod, service);
            return (port.Local ?? shown, remote);
        })];
    }

    public void Dispose() => _finding.Dispose();

    /// <summary>The number that users know a port by, and the pod's own: a Service's port may lead to another.</summary>
    internal static (int Shown, int Remote) Resolve(string port, JsonObject pod, JsonObject? service)
    {
        if (service is null)
        {
            var number = ForwardedPort.Number(port) ?? OfPod(pod, port);
            return (number, number);
        }

        var name = (string?)service["metadata"]?["name"];
        var found = (service["spec"]?["ports"] as JsonArray ?? []).OfType<JsonObject>().FirstOrDefault(p =>
                (string?)p["name"] == port || ((int?)p["port"])?.ToString(CultureInfo.InvariantCulture) == port)
            ?? throw new CommandException($"service/{name} has no port {port}");
        if ((string?)found["protocol"] is { } protocol and not "TCP")
        {
            throw new CommandException($"port {port} of service/{name} is {protocol}; only TCP is forwarded");
        }

        var shown = (int)found["port"]!;
        if ((string?)service["spec"]?["clusterIP"] == "None" || found["targetPort"] is not JsonValue target)
        {
            return (shown, shown);
        }

        return (shown, target.TryGetValue<int>(out var fixedNumber) ? fixedNumber : OfPod(pod, (string)target!));
    }

    private static int OfPod(JsonObject pod, string name) =>
        (int?)((string[])["containers", "initContainers"]).SelectMany(list => pod["spec"]?[list] as JsonArray ?? [])
            .SelectMany(container => container?["ports"] as JsonArray ?? [])
            .FirstOrDefault(p => (string?)p?["name"] == name)?["containerPort"]
        ?? throw new CommandException($"pod/{(string?)pod["metadata"]?["name"]} has no port named \"{name}\"");

    private async Task<JsonObject?> FindServiceAsync(CancellationToken ct)
    {
        if (!word.Contains('/', StringComparison.Ordinal))
        {
            return null;
        }

        var target = (await Targets.ResolveAsync(client, [word], ns, selector: null, all: false, allNamespaces: false, ct))[0];
        return target.Type.Plural == "services" ? await client.GetAsync(target.Path, ct) : null;
    }
}
