using System.Net;
using System.Net.Sockets;
using Insula.Api.Core;
using Insula.Api.Services;
using Insula.Api.Json;
using Insula.Dns.Serving;
using Insula.Images;
using Insula.Linux;
using Insula.Linux.Cgroups;
using Insula.Linux.Events;
using Insula.Linux.Kernel;
using Insula.Linux.LibC;
using Insula.Linux.Seccomp;
using Insula.Network;
using Insula.Network.Balancers;
using Insula.Network.Cni;
using Insula.Network.Dns.Cluster;
using Insula.Network.Firewall;
using Insula.Network.Policies;
using Insula.Network.Services;
using Insula.Pods;
using Insula.Pods.Images;
using Insula.Sandbox;
using Insula.Store;
using Insula.Volumes.Drivers;
using Insula.Volumes.Projects;
using Insulad.Balancers;
using Insulad.Configuration;
using Insulad.Http;
using Insulad.Http.Extra;
using Insulad.Logging;
using Insulad.Nodes;
using Insulad.Policies;
using Insulad.Services;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Mono.Unix.Native;

namespace Insulad.Hosting;

/// <summary>
/// Puts the daemon together, in the order in which the parts need each other, and takes it apart in the reverse. Pods
/// are not touched by its end.
/// </summary>
internal sealed partial class Daemon : IAsyncDisposable
{
    private const FilePermissions SocketMode = FilePermissions.S_IRUSR | FilePermissions.S_IWUSR | FilePermissions.S_IRGRP | FilePermissions.S_IWGRP;
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

    private async Task<Parts> BuildPartsAsync(bool onlyToEnd = false)
    {
        var time = TimeProvider.System;
        var store = Keep(ObjectStore.Open(new StoreOptions { Directory = _options.Root }, time, LogStore));
        await StoreSetup.EnsureBuiltInAsync(store, CancellationToken.None);
        var quotas = DirectoryQuotas.Open(_options.Root, InstanceTag.From(_options.Root, _options.Run));
        IReadOnlyList<IVolumeDriver> drivers = [new LocalVolumes(_options.Root, quotas)];
        await StoreSetup.EnsureStorageClassAsync(store, _options.Root, CancellationToken.None);
        await StoreSetup.EnsureIngressClassAsync(store, _options.Root, CancellationToken.None);
        var images = Keep(ImageStore.Open(new ImageOptions { Directory = Path.Combine(_options.Root, "images") }));

        var tag = InstanceTag.From(_options.Root, _options.Run);
        var events = Keep(new EventLoop());
        var cgroups = CgroupTree.Detect(
            tag.Length == 0 ? "insula" : $"insula-{tag}", events, _options.CgroupParent, time, rememberIn: Path.Combine(_options.Run, "cgroup"));
        PodManager? pods = null;
        bool NothingRuns() => pods is { Drained: true } || store.List("pods", null).Items.Count == 0;

        // Before anything is refused: a daemon that does not start leaves no groups either.
        Keep(new EmptyCgroups(cgroups, NothingRuns, _loggers.CreateLogger<EmptyCgroups>()));
        if (_options.SwapBehavior is { } swap && !cgroups.CountsSwap)
        {
            throw new StartupException($"swap-behavior: {swap} needs cgroup2 to control memory and to count swap, which it does not on this machine: leave the option out");
        }

        var sandboxes = Keep(new SandboxService(
            new SandboxOptions { RootDirectory = _options.Root, RunDirectory = _options.Run, ShimProgram = FindShim(), CopyProgram = FindCopy() }, cgroups, events, time, _loggers));
        var services = store.List(ServiceIndex.Services, null).Items;
        var network = Keep(new PodNetwork(NetworkOptions(tag, services), events, _loggers.CreateLogger<PodNetwork>()));
        var connecting = Keep(new CniNetwork(CniOptions(), network, events, time, _loggers.CreateLogger<CniNetwork>()));
        var compiler = new SeccompCompiler();
        var dns = Keep(new ClusterDns(DnsOptions(compiler), network, cgroups, events, time, _loggers.CreateLogger<ClusterDns>()));
        Keep(new UnusedDns(dns, NothingRuns, _loggers.CreateLogger<UnusedDns>()));
        var policies = onlyToEnd ? null : Keep(new PolicyPlane(network, _options.Insulated, _loggers.CreateLogger<PolicyPlane>()));
        pods = Keep(new PodManager(PodOptions(dns, onlyToEnd), store, images, sandboxes, connecting, policies, compiler, drivers, quotas, time, _loggers));
        return new Parts(store, events, images, drivers, cgroups, network, connecting, policies, pods, dns, services);
    }

    private async Task StartDnsAsync(Parts parts, IEnumerable<Service> services)
    {
        if (!_options.HasClusterDns)
        {
            // What an earlier daemon had started.
            await parts.Dns.EndAsync(CancellationToken.None);
            return;
        }

        var address = parts.Dns.Info.Address;
        if (!parts.Network.ServiceRange.Contains(address))
        {
            throw new StartupException($"cluster-dns: {address} is no address of the service range {parts.Network.ServiceRange}: choose one that is");
        }

        if (services.FirstOrDefault(s => s.Spec.ClusterIP == address.ToString()) is { } holder)
        {
            throw new StartupException(
                $"cluster-dns: the Service {holder.Metadata.Namespace}/{holder.Metadata.Name} has the address {address}: choose another one with --cluster-dns, or start with --cluster-dns none and delete the Service");
        }

        await parts.Dns.StartAsync(CancellationToken.None);
    }

    private CniOptions CniOptions() => new()
    {
        ConfigurationDirectory = _options.CniConfDir,
        PluginDirectories = _options.CniBinDirs,
        StateDirectory = Path.Combine(_options.Root, "cni"),
        NamespaceDirectory = Path.Combine(_options.Run, "netns"),
    };

    // What plug-ins connect does not pass through this daemon's rules, or not all of it: policies would be promises that nobody keeps.
    private void CheckPolicies(ObjectStore store)
    {
        if (_options.CniConfDir is null)
        {
            return;
        }

        if (_options.Insulated)
        {
            throw new StartupException("insulated: true cannot be kept on a CNI network (cni-conf-dir): leave one of them out");
        }

        if (store.List(PolicyController.Policies, null).Items is [{ Key: { } first }, ..])
        {
            throw new StartupException($"the NetworkPolicy {first.Namespace}/{first.Name} cannot be kept on a CNI network: delete the policies, or leave out cni-conf-dir");
        }
    }

    private List<(ApiSocket, bool)> Bind()
    {
        var sockets = new List<(ApiSocket, bool)> { (Keep(ApiSocket.Bind(_options.SocketPath, SocketMode, GroupId("group", _options.Group))), false) };
        if (_options.ReadOnlySocket is { } path)
        {
            sockets.Add((Keep(ApiSocket.Bind(path, SocketMode, GroupId("read-only-group", _options.ReadOnlyGroup))), true));
        }

        return sockets;
    }

    private Socket? BindMetrics()
    {
        if (_options.MetricsListen is not { } endpoint)
        {
            return null;
        }

        var socket = Keep(new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        try
        {
            socket.Bind(endpoint);
            return socket;
        }
        catch (SocketException e)
        {
            throw new StartupException($"--metrics-listen {endpoint}: {e.Message}: choose another address or port, or leave it out");
        }
    }

    private static uint? GroupId(string option, string? name)
    {
        if (name is null)
        {
            return null;
        }

        return Syscall.getgrnam(name) is { } group
            ? group.gr_gid
            : throw new StartupException($"--{option}: there is no group {name}: make it with `groupadd --system {name}`, or choose another");
    }

    private string FindShim() => FindProgram("insula-shim", _options.Shim, "build it with `make native`, or say where it is with --shim");

    // Beside the shim: they come together.
    private string FindCopy() => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(FindShim()))!, "insula-copy");

    private static string FindProgram(string name, string? given, string advice)
    {
        string[] places = given is not null ? [given] : [Path.Combine(AppContext.BaseDirectory, name), $"/usr/lib/insula/{name}"];
        return places.FirstOrDefault(File.Exists) ?? throw new StartupException($"{name} is not at {string.Join(" nor at ", places)}: {advice}");
    }

    private ClusterDnsOptions DnsOptions(SeccompCompiler compiler) => new()
    {
        Program = _options.HasClusterDns
            ? FindProgram("insula-dns", _options.DnsProgram, "build it with `make dns`, say where it is with --dns-program, or do without by --cluster-dns none") : "",
        RunDirectory = _options.Run,
        Domain = _options.ClusterDomain,
        Address = _options.ClusterDns,
        ResolvConf = _options.ResolvConf,
        Filter = compiler.Compile(Confinement.Profile).Instructions,
    };

    private static Service? Find(ObjectStore store, string ns, string name) =>
        store.Get(new ObjectKey(ServiceIndex.Services, ns, name)) is { } stored ? ApiJson.Read<Service>(stored.Json.Span) : null;

    private NetworkOptions NetworkOptions(string tag, IEnumerable<StoredObject> services) => new()
    {
        InstanceTag = tag,
        RunDirectory = _options.Run,
        PodRange = _options.PodRange,
        PodRangeV6 = _options.PodRangeV6,
        ServiceRange = _options.ServiceRange,
        ServiceRangeV6 = _options.ServiceRangeV6,
        ServiceAddresses = [.. services.Select(o => ApiJson.Read<Service>(o.Json.Span).Spec).SelectMany(s => s.Addresses).Select(IPAddress.Parse)],
        AllowForeignForwarding = _options.ForwardForeign,
        Mtu = _options.Mtu,
    };

    private PodOptions PodOptions(ClusterDns dns, bool onlyToEnd) => new()
    {
        RootDirectory = _options.Root,
        RunDirectory = _options.Run,
        NodeName = _options.NodeName,
        RegistryHosts = _options.RegistryHosts,
        RegistryAuth = _options.RegistryAuth,
        ParallelPulls = _options.ParallelPulls,
        ImageCollection = _options.ImageCollection,
        BackOffInitial = _options.BackOffInitial,
        BackOffMax = _options.BackOffMax,
        BackOffReset = _options.BackOffReset,
        LogMaxSize = _options.LogMaxSize,
        LogMaxFiles = _options.LogMaxFiles,
        PodPidsLimit = _options.PodPidsLimit,
        ReservedMilliCpu = _options.SystemReserved.MilliCpu,
        ReservedMemory = _options.SystemReserved.Memory,
        MemoryThrottlingFactor = _options.MemoryThrottlingFactor,
        ReservesMemory = _options.ReservesMemory,
        SwapBehavior = _options.SwapBehavior,
        MaxPods = _options.MaxPods,
        EventLifetime = _options.EventLifetime,
        DefaultCapabilities = _options.DefaultCapabilities,
        ResourceLimits = _options.ResourceLimits,
        SeccompDefault = _options.SeccompDefault,
        AllowedUnsafeSysctls = _options.AllowedUnsafeSysctls,
        UserIds = _options.UserIds,
        HostResolvConf = _options.ResolvConf,
        ClusterDns = () => _options.HasClusterDns ? dns.Info : null,
        ClusterDomain = _options.ClusterDomain,

        // At the machine's end nobody leads anybody anywhere.
        LeftServices = onlyToEnd ? (_, _) => Task.CompletedTask : _departures.LeftServicesAsync,
        NodePortHolder = (port, protocol) => _allocator?.HolderOf(port, protocol),
        LeftHostPorts = onlyToEnd ? (_, _) => Task.CompletedTask : _departures.LeftHostPortsAsync,
    };

    private T Keep<T>(T part)
        where T : class
    {
        _parts.Push(part);
        return part;
    }

    /// <summary>What runs pods.</summary>
    private sealed record Parts(ObjectStore Store, EventLoop Events, ImageStore Images, IReadOnlyList<IVolumeDriver> Drivers, CgroupTree Cgroups, PodNetwork Network, CniNetwork Connecting, PolicyPlane? Policies, PodManager Pods, ClusterDns Dns, IReadOnlyList<StoredObject> Services);

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
