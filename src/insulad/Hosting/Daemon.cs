using System.Net;
using Insula.Api.Core;
using Insula.Api.Services;
using Insula.Api.Json;
using Insula.Images;
using Insula.Linux;
using Insula.Linux.Kernel;
using Insula.Linux.LibC;
using Insula.Network;
using Insula.Network.Balancers;
using Insula.Network.Firewall;
using Insula.Network.Services;
using Insula.Pods.Images;
using Insula.Sandbox;
using Insula.Store;
using Insulad.Balancers;
using Insulad.Configuration;
using Insulad.Http;
using Insulad.Http.Extra;
using Insulad.Logging;
using Insulad.Nodes;
using Insulad.Services;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Insulad.Hosting;

/// <summary>
/// Puts the daemon together, in the order in which the parts need each other, and takes it apart in the reverse. Pods
/// are not touched by its end.
/// </summary>
internal sealed partial class Daemon : IAsyncDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Searchable = Private | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly Stack<object> _parts = new();
    private readonly DaemonOptions _options;
    private readonly ILoggerProvider _provider;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly Departures _departures = new();
    private volatile ServiceAllocator? _allocator;

    private Daemon(DaemonOptions options, ILoggerProvider provider)
    {
        _options = options;
        _provider = provider;
        _loggers = LoggerFactory.Create(b => b.SetMinimumLevel(options.LogLevel).AddProvider(provider));
        _logger = _loggers.CreateLogger<Daemon>();
    }

    /// <summary>Runs the daemon until it is told to end. The exit code: 0, or 1 when it cannot start.</summary>
    public static Task<int> RunAsync(DaemonOptions options) => RunAsync(options, async daemon =>
    {
        using var host = await daemon.StartAsync();
        await host.RunAsync();
        daemon.LogStopped();
        return 0;
    });

    /// <summary>Ends all pods within their grace, for the shutdown of the machine. The exit code: 1 when something is left.</summary>
    public static Task<int> DrainAsync(DaemonOptions options) => RunAsync(options, async daemon =>
    {
        daemon.Prepare();
        daemon.LogDraining(options.Root);
        var parts = await daemon.BuildPartsAsync(onlyToEnd: true);
        var left = await parts.Pods.DrainAsync(options.DrainLimit, CancellationToken.None);
        if (left.Count == 0)
        {
            daemon.LogDrained();
            return 0;
        }

        daemon.LogLeft(string.Join(", ", left));
        return 1;
    });

    private static async Task<int> RunAsync(DaemonOptions options, Func<Daemon, Task<int>> job)
    {
        using var output = new LogOutput(Console.OpenStandardError());
        using var provider = new LineLoggerProvider(output, LineStyles.Choose(options.LogFormat), TimeProvider.System);
        await using var daemon = new Daemon(options, provider);
        try
        {
            return await job(daemon);
        }
        catch (Exception e) when (e is StartupException or StoreException or ImageException or NetworkException or SandboxException or LinuxException or NotSupportedException)
        {
            // What an operator can do something about is a sentence; anything else is a bug and shows its stack.
            daemon.LogRefused(e.Message);
            return 1;
        }
    }

    public async ValueTask DisposeAsync()
    {
        while (_parts.TryPop(out var part))
        {
            if (part is IAsyncDisposable asynchronous)
            {
                await asynchronous.DisposeAsync();
            }
            else
            {
                ((IDisposable)part).Dispose();
            }
        }

        _loggers.Dispose();
    }

    private async Task<IHost> StartAsync()
    {
        Prepare();
        var notifier = Keep(SystemdNotifier.FromEnvironment());

        // Bound early, so that a path that cannot be used is said before any pod is touched; served only at the end.
        var sockets = Bind();
        var metrics = BindMetrics();
        var parts = await BuildPartsAsync();
        CheckPolicies(parts.Store);
        await NodeController.EnsureAsync(parts.Store, _options.NodeName, CancellationToken.None);
        await parts.Pods.StartAsync(CancellationToken.None);
        var services = parts.Services.Select(o => ApiJson.Read<Service>(o.Json.Span)).ToList();
        await StartDnsAsync(parts, services);
        var allocator = new ServiceAllocator(
            parts.Network.ServiceRange, parts.Network.ServiceRangeV6, _options.NodePortRange, services, (ns, name) => Find(parts.Store, ns, name), _options.HasClusterDns ? parts.Dns.Info.Address : null);

        string? Holder(BalancerName asking, IPAddress address, BalancerPort port) => PortHolders.Of(parts.Store, asking, address, port);
        var host = new HostBalancer(parts.Network, Holder);
        allocator.IsUsedElsewhere = host.Holds;
        allocator.FindHostPort = (port, protocol) => PortHolders.Pod(parts.Store, port, protocol);
        _allocator = allocator;
        var balancers = new Dictionary<string, ILoadBalancerProvider>
        {
            [BalancerClasses.Host] = host,

            // Without a pool, too: an earlier daemon may have had one.
            [BalancerClasses.Pool] = Keep(new PoolBalancer(
                parts.Network, _options.LoadBalancerPool, _options.LoadBalancerLink, () => PortHolders.Addresses(parts.Store, s => _options.BalancerOf(s) == BalancerClasses.Pool),
                parts.Events, _loggers.CreateLogger<PoolBalancer>())),
        };
        if (_options.LoadBalancerExec is { } program)
        {
            balancers[BalancerClasses.Exec] = Keep(new ExecBalancer(parts.Network, program, _options.NodeName, Holder));
        }

        var tampering = TamperingEvents.NewQueue();
        parts.Network.Tampered = what => tampering.Writer.TryWrite(what);
        var firewall = new FirewallCheck(new HostFirewall(parts.Network), _loggers.CreateLogger<FirewallCheck>());
        LogStarting(Discovery.Version, _options.Root, _options.SocketPath, parts.Cgroups.Mode.ToString());
        return ApiHost.Build(
            _options,
            new ApiParts
            {
                Store = parts.Store,
                Pods = parts.Pods,
                Images = parts.Images,
                Drivers = parts.Drivers,
                Collector = Keep(new ImageCollector(
                    parts.Images, parts.Pods.ImagesWanted, _options.ImageCollection, Room, TimeProvider.System, _loggers.CreateLogger<ImageCollector>())),
                Services = allocator,
                Balancers = balancers,
                NodeAddresses = () => [.. parts.Network.HostAddresses.Select(a => a.ToString())],
                WhenNodeAddressesChange = call => parts.Network.HostAddressesChanged += call,
                Plane = Keep(new ServicePlane(parts.Network, _loggers.CreateLogger<ServicePlane>())),
                Dns = _options.HasClusterDns ? parts.Dns : null,
                Departures = _departures,
                Health = _options.HasClusterDns ? parts.Dns : null,
                Checks = new SystemChecks(
                [
                    parts.Pods.CheckUserNamespacesAsync, parts.Pods.CheckQuotasAsync, parts.Pods.CheckAppArmorAsync, parts.Pods.CheckSELinuxAsync, firewall.CheckAsync,
                    .. _options.HasClusterDns ? [parts.Dns.CheckAsync] : Array.Empty<Func<CancellationToken, Task<KernelFeature>>>(),
                ]),
                NameServer = _options.HasClusterDns ? parts.Dns.Info.Address : null,
                Node = new NodeFacts(
                    _options.NodeName, parts.Pods.ReadCapacity, parts.Pods.ReadAllocatable, () => [.. parts.Network.HostAddresses.Select(a => a.ToString())],
                    [parts.Network.PodRange.ToString(), .. _options.PodRangeV6 is { } v6 ? [v6.ToString()] : Array.Empty<string>()]),
                NetworkTrouble = _options.CniConfDir is null ? null : () => parts.Connecting.NotReady,
                ReadMachine = () => MachineReading.Read(_options.Root, Path.Combine(_options.Root, "images"), parts.Cgroups),
                Evictions = parts.Pods,
                Policies = parts.Policies,
                Events = parts.Events,
                Firewall = firewall,
                Tampering = tampering.Reader,
                Notifier = notifier,
                Time = TimeProvider.System,
                Sockets = sockets,
                Metrics = metrics,
            },
            _provider);
    }

    private (long Capacity, long Available) Room()
    {
        var disk = new DriveInfo(Path.Combine(_options.Root, "images"));
        return (disk.TotalSize, disk.AvailableFreeSpace);
    }

    private void Prepare()
    {
        HostChecks.Require();
        DiagnosticPort.Close();

        // Files and sockets get explicit modes; what does not is to be the owner's to write only, whoever started us.
        _ = sys_stat.umask(0b000_010_010);
        Keep(DirectoryLock.Acquire(_options.Root, Private));
        Keep(DirectoryLock.Acquire(_options.Run, Searchable));
    }

    private static Service? Find(ObjectStore store, string ns, string name) =>
        store.Get(new ObjectKey(ServiceIndex.Services, ns, name)) is { } stored ? ApiJson.Read<Service>(stored.Json.Span) : null;

    private T Keep<T>(T part)
        where T : class
    {
        _parts.Push(part);
        return part;
    }

    [LoggerMessage(1, LogLevel.Information, "insulad {Version} on {Root}, serving {Socket}, cgroups {Cgroups}")]
    private partial void LogStarting(string version, string root, string socket, string cgroups);

    [LoggerMessage(2, LogLevel.Information, "stopped; pods go on")]
    private partial void LogStopped();

    [LoggerMessage(3, LogLevel.Critical, "cannot start: {Reason}")]
    private partial void LogRefused(string reason);

    [LoggerMessage(4, LogLevel.Warning, "store: {Message}")]
    private partial void LogStore(string message);

    [LoggerMessage(5, LogLevel.Information, "ending all pods on {Root}")]
    private partial void LogDraining(string root);

    [LoggerMessage(6, LogLevel.Information, "no pod runs any more; the next daemon starts them anew")]
    private partial void LogDrained();

    [LoggerMessage(7, LogLevel.Error, "something is left of these pods: {Pods}")]
    private partial void LogLeft(string pods);
}
