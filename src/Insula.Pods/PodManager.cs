using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Services;
using Insula.Images;
using Insula.Linux;
using Insula.Linux.Kernel;
using Insula.Linux.Seccomp;
using Insula.Linux.SecurityModules;
using Insula.Network;
using Insula.Network.Policies;
using Insula.Pods.Admission;
using Insula.Pods.Claims;
using Insula.Pods.Configs;
using Insula.Pods.Events;
using Insula.Pods.Eviction;
using Insula.Pods.Images;
using Insula.Pods.Launch;
using Insula.Pods.Lifecycle;
using Insula.Pods.Probes;
using Insula.Pods.Scheduling;
using Insula.Pods.Security;
using Insula.Pods.Stats;
using Insula.Pods.Streaming;
using Insula.Pods.Timing;
using Insula.Pods.UserNamespaces;
using Insula.Pods.Workers;
using Insula.Sandbox;
using Insula.Store;
using Insula.Volumes;
using Insula.Volumes.Drivers;
using Insula.Volumes.Projects;
using Microsoft.Extensions.Logging;

namespace Insula.Pods;

/// <summary>
/// Runs the pods of the store: one worker each, adopted at start, begun and ended as the objects come and go. Sweeps
/// what nobody owns. Stopping it leaves the pods running.
/// </summary>
public sealed partial class PodManager : IPodService, IAsyncDisposable
{
    private const string Resource = "pods";
    private readonly PodServices _services;
    private readonly StatsReader _stats;
    private readonly PodTimings _timings = new();
    private readonly AppArmorLabels _appArmor;
    private readonly SELinuxLabels _seLinux;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, PodWorker> _workers = new();
    private readonly ReferenceWatch _references;
    private readonly StoreWatch _watch;
    private readonly StoreWatch _node;
    private readonly OrphanSweep _orphans;
    private readonly Displacement _displacement;
    private bool _started;
    private bool _disposed;

    /// <summary>Makes the manager; nothing happens before <see cref="StartAsync"/>.</summary>
    /// <param name="options">What the operator set.</param>
    /// <param name="store">The objects.</param>
    /// <param name="images">The images.</param>
    /// <param name="sandboxes">The sandboxes.</param>
    /// <param name="network">The network; the manager starts it.</param>
    /// <param name="policies">What holds for pods' connections; null when pods are only ended.</param>
    /// <param name="seccomp">The seccomp compiler.</param>
    /// <param name="drivers">Who makes persistent volumes.</param>
    /// <param name="quotas">How the kernel limits directories of pods.</param>
    /// <param name="clock">The time.</param>
    /// <param name="loggers">Where to log.</param>
    public PodManager(
        PodOptions options, IObjectStore store, ImageStore images, SandboxService sandboxes, IPodNetwork network, IPolicyPlane? policies,
        SeccompCompiler seccomp, IReadOnlyList<IVolumeDriver> drivers, DirectoryQuotas quotas, TimeProvider clock, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(loggers);
        _logger = loggers.CreateLogger<PodManager>();
        _stats = new StatsReader(network, clock);
        var said = new SaidOnce();
        var appArmor = new AppArmor();
        _appArmor = new AppArmorLabels(appArmor, said, loggers.CreateLogger<AppArmorLabels>());
        var seLinux = new SELinux();
        var pods = Path.Combine(options.RootDirectory, "pods");
        var categories = new CategoryAllocator(pods);
        _seLinux = new SELinuxLabels(seLinux, categories, said, loggers.CreateLogger<SELinuxLabels>());
        var events = new EventRecorder(store, options, clock, loggers.CreateLogger<EventRecorder>());
        _displacement = new Displacement(store, events, clock, loggers.CreateLogger<Displacement>());
        var machine = MachineFacts.Read(options.RootDirectory);
        var allocatable = options.Allocatable(machine.Processors, machine.MemoryBytes, machine.DiskBytes);
        var memory = new MemoryQos(options.MemoryThrottlingFactor, options.ReservesMemory, allocatable.Memory)
        {
            Swap = options.SwapBehavior,
            MachineMemory = machine.MemoryBytes,
            MachineSwap = machine.SwapBytes,
            PageSizes = machine.PageSizes,
        };
        var reservations = new MemoryReservations(memory, sandboxes, said, loggers.CreateLogger<MemoryReservations>());
        var scheduler = new Scheduler(
            () => allocatable.WithHugePages(machine.ReadHugePages()), new NodeGate(store, options.NodeName).Read, (uid, fact) => _workers.GetValueOrDefault(uid)?.Scheduled(fact), _displacement.Begin, reservations.Keep);
        var confinement = new ContainerConfinement(options, seccomp, _appArmor, _seLinux);
        _services = new PodServices(
            options, LifecycleRules.From(options), store, new ConfigSource(store), new ClaimedVolumes(store, drivers, new VolumeUses { Released = VolumesReleased }), images, new ImagePuller(images, options, ImagesChanged), sandboxes, network, policies, confinement, new PodAdmission(new SysctlAllowlist(options.AllowedUnsafeSysctls), appArmor, seLinux, () => WithHostPorts(store), () => WithNodePorts(store), options.NodePortHolder, () => [.. network.HostAddresses.Select(a => a.ToString())]),
            scheduler, events, new EvictionOrder(store, events, Evictions, clock), new ProbeRunner(clock), machine, memory,
            new UserIdAllocator(pods, options.UserIds, InstanceTag.From(options.RootDirectory, options.RunDirectory), HostIdFiles.Read),
            categories, quotas, said, clock, loggers);
        network.Troubled = (id, what) =>
        {
            if (PodPlaces.ParseSandboxId(id) is { } parsed)
            {
                _workers.GetValueOrDefault(parsed.Uid)?.NetworkTroubled(id, what);
            }
        };
        _references = new ReferenceWatch(store, ReferenceChanged, clock, _logger);
        _watch = new StoreWatch(store, Resource, HandleAsync, RelistAsync, clock, _logger);
        _node = new StoreWatch(store, NodeGate.Resource, NodeChangedAsync, NodeChangedAsync, clock, _logger);
        _orphans = new OrphanSweep(_services, loggers.CreateLogger<OrphanSweep>());

        // The runtime remembers that an assembly could not be loaded: one that the first pod would load is loaded while nothing is short.
        RuntimeHelpers.RunModuleConstructor(typeof(PodVolumes).Module.ModuleHandle);
    }

    /// <summary>The pods with host ports: few, and looked for only when another has some.</summary>
    private static IEnumerable<Pod> WithHostPorts(IObjectStore store) =>
        store.List(Resource, null).Items.Where(o => o.Json.Span.IndexOf("\"hostPort\""u8) >= 0).Select(o => ApiJson.Read<Pod>(o.Json.Span));

    /// <summary>The Services with node ports, and those at addresses of load balancers.</summary>
    private static IEnumerable<Service> WithNodePorts(IObjectStore store) =>
        store.List("services", null).Items.Where(o => o.Json.Span.IndexOf("\"ingress\""u8) >= 0 || o.Json.Span.IndexOf("odePort\""u8) >= 0).Select(o => ApiJson.Read<Service>(o.Json.Span));

    private void ReferenceChanged(ObjectKey? key)
    {
        foreach (var worker in _workers.Values)
        {
            worker.ReferenceChanged(key);
        }
    }

    // Somebody may wait for a volume that is one pod's alone.
    private void VolumesReleased()
    {
        foreach (var worker in _workers.Values)
        {
            worker.VolumesReleased();
        }

        VolumesChanged?.Invoke();
    }

    private Task NodeChangedAsync(WatchEvent change)
    {
        _services.Scheduler.Look();
        return Task.CompletedTask;
    }

    private Task<long> NodeChangedAsync()
    {
        var now = _services.Store.ResourceVersion;
        _services.Scheduler.Look();
        return Task.FromResult(now);
    }

    /// <summary>What the machine has just now: huge pages come and go.</summary>
    public Amounts ReadCapacity() =>
        new(_services.Machine.Processors * 1000L, _services.Machine.MemoryBytes, _services.Options.MaxPods, _services.Machine.DiskBytes) { HugePages = _services.Machine.ReadHugePages() };

    /// <summary>What of it pods can request together.</summary>
    public Amounts ReadAllocatable() => _services.Scheduler.ReadAllocatable();

    /// <summary>Whether <see cref="DrainAsync"/> has ended all pods.</summary>
    public bool Drained { get; private set; }

    /// <summary>
    /// Starts the network, adopts the pods an earlier daemon left, removes what belongs to no pod, and follows the store
    /// from there. Returns when every pod has its worker.
    /// </summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        CheckUserIds();
        var (workers, since) = await TakeUpAsync(cancellationToken);
        _services.Scheduler.Add([.. workers.Select(w => Claim(w, hasSandbox: w.Current.Seen.Sandbox.Stage != SandboxStage.None)).OfType<PodClaim>()]);
        foreach (var worker in workers)
        {
            worker.Start();
        }

        _watch.Start(since);
        _node.Start(since);
        _references.Start(since);
    }

    /// <summary>
    /// Instead of <see cref="StartAsync"/>: adopts the pods only to end them, each within its grace. Their objects stay, and
    /// the next daemon starts them anew as their restart policies have it. Returns the names of those of which something is left.
    /// </summary>
    /// <param name="limit">The longest grace; removing what is left may take as long as the options allow beyond it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<string>> DrainAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        var (workers, _) = await TakeUpAsync(cancellationToken);
        var ends = workers.Select(worker => (worker, End: worker.Drain(limit))).ToList();
        try
        {
            await Task.WhenAll(ends.Select(e => e.End)).WaitAsync(limit + _services.Options.CleanupDeadline, _services.Clock, cancellationToken);
            Drained = true;
        }
        catch (TimeoutException)
        {
            // Told by name: the caller's answer.
        }

        return [.. ends.Where(e => !e.End.IsCompleted).Select(e => $"{e.worker.Current.Pod.Metadata.Namespace}/{e.worker.Current.Pod.Metadata.Name}")];
    }

    /// <inheritdoc/>
    public async Task<PodSession> ExecAsync(PodExecRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return await PodExecutor.ExecAsync(WorkerOf(request.Namespace, request.Pod), request, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<PodSession> AttachAsync(PodAttachRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return await PodAttacher.AttachAsync(WorkerOf(request.Namespace, request.Pod), request, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<PodSession> CopyAsync(PodCopyRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return await PodExecutor.CopyAsync(WorkerOf(request.Namespace, request.Pod), request, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<Socket> ConnectAsync(PodConnectRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return await PodConnector.ConnectAsync(WorkerOf(request.Namespace, request.Pod), request, cancellationToken);
    }

    private PodWorker WorkerOf(string ns, string pod) =>
        _workers.Values.FirstOrDefault(w => w.Current.Pod.Metadata is var m && m.Name == pod && (m.Namespace ?? "default") == ns)
            ?? throw new PodRequestException("NotFound", $"pods \"{pod}\" not found");

    /// <inheritdoc/>
    public PodLogFiles? LogFiles(string uid, string container, bool previous)
    {
        if (!_workers.TryGetValue(uid, out var worker))
        {
            return null;
        }

        var seen = worker.Current.Seen.Container(container);
        var attempt = previous ? seen.Attempt - 1 : seen.Attempt;
        if (!seen.EverStarted || attempt < 0)
        {
            return null;
        }

        return worker.LogFiles(container, attempt);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<PodStats>> ReadStatsAsync(IReadOnlyList<string> uids, TimeSpan window, CancellationToken cancellationToken) =>
        _stats.ReadAsync([.. uids.Select(uid => _workers.GetValueOrDefault(uid)).OfType<PodWorker>()], window, cancellationToken);

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, LatencyHistogram> StepLatencies => _timings.Latencies;

    /// <inheritdoc/>
    public IReadOnlyList<TimedStep> Timings(string uid) => _timings.Of(uid);

    /// <inheritdoc/>
    public void ImagesChanged()
    {
        foreach (var worker in _workers.Values)
        {
            worker.ImagesChanged();
        }
    }

    /// <inheritdoc/>
    public IReadOnlySet<string> VolumesInUse() => _services.Claims.Uses.InUse;

    /// <inheritdoc/>
    public event Action? VolumesChanged;

    /// <inheritdoc/>
    public IReadOnlySet<string> ImagesInUse() =>
        _workers.Values.SelectMany(w => w.Current.Seen.Containers.Where(c => c.Value.IsLive).SelectMany(c => w.Launcher.ImageVolumes.UsedBy(c.Key, c.Value.Stage == ContainerStage.Starting ? PodReducer.NextAttempt(c.Value) : c.Value.Attempt).Append(c.Value.ImageId)))
            .OfType<string>().ToHashSet();

    /// <inheritdoc/>
    public IReadOnlySet<string> ImagesWanted()
    {
        var wanted = ImagesInUse().ToHashSet();
        foreach (var pod in _workers.Values.Select(w => w.Current.Pod).Where(p => p.Status.Phase is not (PodPhases.Succeeded or PodPhases.Failed)))
        {
            foreach (var name in pod.Spec.All().Select(c => c.Image).Concat(pod.Spec.Volumes.Select(v => v.Image?.Reference)).Where(n => ImageReference.TryParse(n ?? "", out _, out _)))
            {
                if (_services.Images.Resolve(name!) is { } image)
                {
                    wanted.Add(image.Id);
                }
            }
        }

        return wanted;
    }

    /// <summary>Whether pods can have user namespaces, as one line of <c>system check</c>: ids, kernel, and the file system of the images.</summary>
    public async Task<KernelFeature> CheckUserNamespacesAsync(CancellationToken cancellationToken)
    {
        const string Name = "pods' user namespaces";
        const string Disables = "hostUsers: false";
        try
        {
            var ids = _services.UserIds.Describe();
            var layers = _services.Images.LayersDirectory;
            return (UserNamespaceSupport.Lack() ?? await _services.Sandboxes.TryUserNamespaceAsync(layers, cancellationToken)) is { } lack
                ? new KernelFeature(Name, Available: false, Required: false, $"{lack} (images are in {layers})", Disables)
                : new KernelFeature(Name, Available: true, Required: false, $"ids {ids}", Disables);
        }
        catch (Exception e) when (e is SandboxException or LinuxException)
        {
            return new KernelFeature(Name, Available: false, Required: false, e.Message, Disables);
        }
    }

    /// <summary>Whether containers can have AppArmor profiles, as one line of <c>system check</c>.</summary>
    public Task<KernelFeature> CheckAppArmorAsync(CancellationToken cancellationToken) => Task.Run(_appArmor.Check, cancellationToken);

    /// <summary>Whether the kernel limits directories of the daemon's disk, as one line of <c>system check</c>.</summary>
    public Task<KernelFeature> CheckQuotasAsync(CancellationToken cancellationToken) => Task.FromResult(new KernelFeature(
        "project quotas", _services.Quotas.Lack is null, false, _services.Quotas.Lack ?? $"of the file system of {_services.Options.RootDirectory}",
        "limits of disk held by the kernel: ephemeral storage is measured every ten seconds, capacities of local volumes are not enforced"));

    /// <summary>Whether containers can have SELinux contexts, as one line of <c>system check</c>.</summary>
    public Task<KernelFeature> CheckSELinuxAsync(CancellationToken cancellationToken) => Task.Run(_seLinux.Check, cancellationToken);

    /// <summary>Lets go of all pods; they run on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _watch.DisposeAsync();
        await _node.DisposeAsync();
        await _references.DisposeAsync();
        foreach (var worker in _workers.Values)
        {
            await worker.DisposeAsync();
        }

        if (_started && (_workers.IsEmpty || Drained))
        {
            // Nothing runs: the machine gets back what the network had changed.
            await RemoveNetworkAsync();
        }

        await _displacement.DisposeAsync();
        _services.Probes.Dispose();
        _services.Puller.Dispose();
        _timings.Dispose();
        await _services.Events.DisposeAsync();
    }

    private async Task RemoveNetworkAsync()
    {
        using var deadline = new CancellationTokenSource(_services.Options.CleanupDeadline, _services.Clock);
        try
        {
            await _services.Network.StopAsync(remove: true, deadline.Token);
        }
        catch (Exception e) when (e is NetworkException or OperationCanceledException)
        {
            _orphans.Failed("the network", e);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Object} cannot be read and is left alone")]
    private static partial void LogUnreadable(ILogger logger, string @object, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "pod {Uid} could not be looked at; the next change to it is")]
    private static partial void LogLook(ILogger logger, string uid, Exception exception);
}
