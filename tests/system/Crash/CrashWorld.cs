using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Images;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Crash;

/// <summary>An instance whose daemon and shims have failpoints, its rich pod, and what must not change because a daemon dies.</summary>
internal sealed class CrashWorld : IAsyncDisposable
{
    /// <summary>Small numbers, so that no round waits for what it does not test, and logs rotate all the time without losing a file.</summary>
    private const string Config =
        $"""
        pod-range-v6: fd84::/64
        load-balancer-pool: {BalancerOperations.Pool},{BalancerOperations.PoolV6}
        back-off-initial: 100ms
        back-off-max: 200ms
        log-max-size: 4096
        log-max-files: 1000
        """;

    /// <summary>The policy that is there but for operations that cannot have one.</summary>
    public const string PolicyName = "rich";

    private const string Policy =
        $$$$$"""{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"{{{{{PolicyName}}}}}"},"spec":{"podSelector":{},"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"rich"}}}]}]}}""";

    private const string Service =
        """{"apiVersion":"v1","kind":"Service","metadata":{"name":"rich"},"spec":{"ipFamilyPolicy":"RequireDualStack","selector":{"app":"rich"},"ports":[{"port":80,"targetPort":8080}]}}""";

    private int _pods;

    private TestNamespace _host;
    private LayoutRegistry _registry;

    private CrashWorld(Instance insula, TestNamespace host, LayoutRegistry registry)
    {
        (Insula, _host, _registry) = (insula, host, registry);
        Marks = Directory.CreateDirectory(Path.Combine(insula.Base, "marks")).FullName;
        Pod = new RichPod("rich-0", Marks, Registry);
        Audit = new Audit(insula, Pod);
    }

    public Instance Insula { get; }

    /// <summary>A registry that has the test images.</summary>
    public string Registry => _registry.Name;

    public RichPod Pod { get; private set; }

    public Audit Audit { get; private set; }

    /// <summary>What happens in the round that is on; null in peace.</summary>
    public Blow? Blow { get; set; }

    /// <summary>What <see cref="StartedPods"/> was before the operation.</summary>
    public IReadOnlySet<string> StartedBefore { get; set; } = new HashSet<string>();

    private string Marks { get; }

    public static async Task<CrashWorld> StartAsync()
    {
        var insula = await Instance.StartAsync(new InstanceSetup { Config = Config, Failpoints = true, Prepare = AddLinkAsync });
        var host = TestNamespace.Open($"/run/netns/{insula.NetworkNamespace}");
        var registry = await LayoutRegistry.StartAsync(host);
        try
        {
            await RichPod.LoadImagesAsync(insula, registry.Name);
            var world = new CrashWorld(insula, host, registry);
            await world.ApplyPolicyAsync();
            await insula.ApplyAsync(Service);
            await world.Audit.AssertAgreementAsync("at the beginning");
            return world;
        }
        catch
        {
            await registry.DisposeAsync();
            host.Dispose();
            await insula.DisposeAsync();
            throw;
        }
    }

    /// <summary>Puts the policy in place.</summary>
    public Task ApplyPolicyAsync() => Insula.ApplyAsync(Policy);

    /// <summary>What the last command said.</summary>
    public string Said { get; set; } = "";

    /// <summary>Runs a command that may fail, since the daemon may die under it; whether it succeeded.</summary>
    public async Task<bool> TryAsync(string? input, params string[] command)
    {
        var result = await Insula.CliWithInputAsync(input, command);
        Said = result.Output + result.Error;
        return result.ExitCode == 0;
    }

    /// <summary>The pod as the API shows it.</summary>
    public Task<JsonNode?> FindAsync() => Insula.Api.FindPodAsync(Pod.Name);

    /// <summary>Makes the pod be there and Ready, or not be there, and whatever else the operation is done to.</summary>
    public async Task PrepareAsync(Operation operation)
    {
        var withPod = operation.WithPod;
        if (await FindAsync() is { } pod && (!withPod || pod["metadata"]!["deletionTimestamp"] is not null || pod["spec"]!["ephemeralContainers"] is not null))
        {
            // One on its way out may be gone in any instant. What was added to one is not taken away again.
            (await Insula.CliAsync("delete", "pod", Pod.Name, "--grace-period", "0", "--wait=false", "--ignore-not-found")).Succeeded();
            await Eventually.TrueAsync(async () => await FindAsync() is null, "the pod is gone");
        }

        if (withPod && await FindAsync() is null)
        {
            NextPod();
            await Insula.ApplyAsync(Pod.Manifest());
        }

        if (withPod)
        {
            await ReadyAsync();
        }

        await (operation.BeforeAsync?.Invoke(this) ?? Task.CompletedTask);
    }

    /// <summary>The uids of the pods that have started a container, ever.</summary>
    public IReadOnlySet<string> StartedPods() =>
        File.Exists(Pod.StartsFile) ? File.ReadAllLines(Pod.StartsFile).Select(line => line.Split(' ')[0]).ToHashSet() : new HashSet<string>();

    /// <summary>The next one has another name and uid, but the same marks.</summary>
    public void NextPod()
    {
        Pod = new RichPod($"rich-{++_pods}", Marks, Registry);
        Audit = new Audit(Insula, Pod) { ShimsMayDie = Audit.ShimsMayDie, Table = Audit.Table };
    }

    public Task<JsonNode> ReadyAsync() => Insula.WaitForPodAsync(Pod.Name, p => Pods.IsReady(p) && Settled(p), "Ready, with all containers running");

    /// <summary>The kernel as after a reboot: nothing of the instance runs, and its run directory is empty.</summary>
    public async Task RebootAsync()
    {
        if (Insula.IsStarted)
        {
            await Insula.KillDaemonAsync();
        }

        await Leaks.CleanAsync(Insula);
        await Leaks.UnmountAsync(Insula.Run);
        Directory.Delete(Insula.Run, recursive: true);
        (await Commands.RunAsync("ip", ["netns", "del", Insula.NetworkNamespace])).Succeeded();
        await Insula.MakeNetworkAsync();

        // Another machine's, in truth: it is there again as soon as the network is.
        _host.Dispose();
        _host = TestNamespace.Open($"/run/netns/{Insula.NetworkNamespace}");
        _registry = await _registry.MoveAsync(_host);
        await File.WriteAllTextAsync(Path.Combine(Insula.Root, "boot-id"), "00000000-0000-4000-8000-000000000000\n");
    }

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        _host.Dispose();
        await Insula.DisposeAsync();
    }

    private static bool Settled(JsonNode pod) => Pods.IsRunning(pod, RichPod.Writer) && Pods.IsRunning(pod, RichPod.Server);

    // Forwarding is switched on for ordinary links, so there has to be one.
    private static async Task AddLinkAsync(Instance insula) =>
        (await insula.InNetworkAsync("sh", "-c", "ip link add outside type veth peer name far && ip link set outside up && ip link set far up")).Succeeded();
}
