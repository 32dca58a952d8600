using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Ingresses;
using Insula.SystemTests.Network;
using Insula.SystemTests.Workloads;

namespace Insula.SystemTests.Founding;

/// <summary>A worker: a daemon with its own network namespace, and an Ingress at the worker's address.</summary>
internal sealed class Worker : IAsyncDisposable
{
    private const string System = "insula-system";
    private readonly TestNamespace _host;

    private Worker(string name, string address, Instance insula, TestNamespace host) => (Name, Address, Insula, _host) = (name, address, insula, host);

    public string Name { get; }

    public string Address { get; }

    public Instance Insula { get; }

    /// <summary>Where the balancer asks whether an Ingress is ready here.</summary>
    public int HealthPort { get; private set; }

    public static async Task<Worker> StartAsync(string name, string address, Func<TestNamespace, string, string, Task> plug)
    {
        TestNamespace? host = null;
        var insula = await Instance.StartAsync(new InstanceSetup
        {
            Config = $"node-name: {name}\ningress-service: LoadBalancer\n",
            Prepare = async instance =>
            {
                host = TestNamespace.Open($"/run/netns/{instance.NetworkNamespace}");
                await plug(host, name, address);
            },
        });
        return new Worker(name, address, insula, host!);
    }

    /// <summary>Runs the workload, and waits until its Ingress is reached at the worker's address.</summary>
    public async Task RunAsync(IReadOnlyList<string> manifests)
    {
        foreach (var manifest in manifests)
        {
            await Insula.ApplyAsync(manifest);
        }

        await Loads.WaitForPodsAsync(Insula, "shop", 3);
        var service = await Eventually.GetAsync(
            async () => (await Insula.Api.GetAsync($"/api/v1/namespaces/{System}/services"))["items"]!.AsArray().FirstOrDefault(),
            s => (string?)s?["status"]?["loadBalancer"]?["ingress"]?[0]?["ip"] == Address, $"the Ingress of {Name} has the address {Address}");
        HealthPort = (int)service!["spec"]!["healthCheckNodePort"]!;
    }

    /// <summary>The pods of the Ingress.</summary>
    public async Task<IReadOnlyList<JsonNode>> IngressPodsAsync() =>
        [.. (await Insula.Api.GetAsync($"/api/v1/namespaces/{System}/pods"))["items"]!.AsArray().Select(p => p!)];

    /// <summary>As when somebody pulls the plug: no packet comes or goes.</summary>
    public Task UnplugAsync() => _host.ShAsync("ip link set up0 down");

    /// <summary>The plug again, and the way that was lost with it.</summary>
    public Task PlugAsync() => _host.ShAsync("ip link set up0 up; ip route replace default via 192.0.2.254");

    public async ValueTask DisposeAsync()
    {
        _host.Dispose();
        await Insula.DisposeAsync();
    }
}
