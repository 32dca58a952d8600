using System.Net;
using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Linux.Files;
using Insula.Linux.Kernel;
using Insula.Network.Dns;
using Insula.Network.Policies;
using Insula.Pods.Images;
using Insula.Pods.Launch;
using Insula.Pods.Lifecycle;
using Insula.Pods.Resizing;
using Insula.Pods.UserNamespaces;
using Insula.Pods.Timing;
using Insula.Sandbox;
using Insula.Sandbox.Containers;
using Insula.Volumes;
using Insula.Volumes.Projects;
using Microsoft.Extensions.Logging;

namespace Insula.Pods.Workers;

/// <summary>
/// Carries out what was decided for one pod. Every method ends in a fact, whatever happens; failures are told as
/// reasons, never thrown.
/// </summary>
internal sealed partial class PodActions(PodServices services, PodPlaces places, ContainerLauncher launcher, PodPulls pulls)
{
    private readonly ILogger _logger = services.Loggers.CreateLogger<PodActions>();
    private readonly ConfigVolumes _configs = new(launcher);

    /// <summary>A sandbox that was made, with the fact that says so; or only the fact that it was not.</summary>
    public async Task<(PodSandbox? Sandbox, PodFact Fact)> CreateSandboxAsync(Pod pod, int attempt, CancellationToken cancellationToken)
    {
        var id = places.SandboxId(attempt);
        try
        {
            if (services.Admission.Judge(pod) is { } rejection)
            {
                services.Events.Warning(pod, null, rejection.Reason, rejection.Message);
                return (null, new PodFact.Rejected(attempt, rejection.Reason, rejection.Message));
            }

            // Before anything is made: what a volume lacks is most often not there yet.
            var contents = _configs.Read(pod);
            var lasting = await services.Claims.OpenAsync(pod, cancellationToken);
            Failpoint.MayFail("pods.sandbox.claims-taken");
            PodVolumes volumes;
            using (PodTracing.Step("directories and volumes"))
            {
                PodFiles.MakeDirectories(places.Directory);
                Failpoint.MayFail("pods.sandbox.directories-made");
                volumes = Volumes(pod, lasting);
                await volumes.PrepareAsync(cancellationToken);
                Failpoint.MayFail("pods.sandbox.volumes-made");
            }

            var sandbox = await services.Sandboxes.CreateAsync(SandboxOf(pod, id, volumes), cancellationToken);
            Failpoint.MayFail("pods.sandbox.made");
            await _configs.WriteAsync(pod, sandbox, contents, cancellationToken);
            Failpoint.MayFail("pods.sandbox.configs-written");
            IReadOnlyList<IPAddress> addresses;
            ResolvConf? names = null;
            using (PodTracing.Step("network"))
            {
                if (pod.Spec.HostNetwork)
                {
                    addresses = services.Network.HostAddresses;
                }
                else
                {
                    var attached = await services.Network.AttachAsync(id, NetworkNeeds.Of(pod, services.Options), sandbox.NetworkNamespace, cancellationToken);
                    (addresses, names) = (attached.Addresses, attached.Dns);
                    if (!attached.LimitsBandwidth && PodBandwidth.IsLimited(pod))
                    {
                        services.Events.Warning(pod, null, "BandwidthNotLimited", $"{PodBandwidth.Ingress} and {PodBandwidth.Egress} are not heeded: the network has no plug-in with the capability bandwidth");
                    }
                }

                Failpoint.MayFail("pods.sandbox.attached");
                if (services.Policies is { } policies && !pod.Spec.HostNetwork)
                {
                    await policies.AdmitAsync(id, PolicyPod.Of(pod, addresses), cancellationToken);
                    Failpoint.MayFail("pods.sandbox.admitted");
                }
            }

            using (PodTracing.Step("sysctls"))
            {
                await NetworkSysctls.WriteAsync(sandbox.NetworkNamespace, PodSysctls.OfNetwork(pod.Spec, sandbox.UserIds));
            }

            using var files = PodTracing.Step("files of the pod");
            if ((pod.Spec.DnsPolicy ?? DnsPolicies.ClusterFirst) is DnsPolicies.ClusterFirst or DnsPolicies.ClusterFirstWithHostNet
                && services.Options.ClusterDns() is null && services.Said.First("dns"))
            {
                LogClusterFirst(_logger);
            }

            foreach (var warning in PodFiles.Write(pod, places.Directory, addresses, services.Options, names))
            {
                services.Events.Warning(pod, null, "DNSConfigForming", warning);
            }

            Failpoint.MayFail("pods.sandbox.files-written");
            return (sandbox, new PodFact.SandboxReady(attempt, [.. addresses.Select(a => a.ToString())]) { Limits = GroupLimits.OfPod(pod.Spec) });
        }
        catch (VolumeException e)
        {
            return (null, await UndoneAsync(pod, attempt, Reasons.FailedMount, e.Message));
        }
        catch (LaunchException e) when (LaunchWords.OfSandbox(e, services.Images.LayersDirectory) is { } hint)
        {
            return (null, await UndoneAsync(pod, attempt, Reasons.FailedCreatePodSandBox, $"Failed to create pod sandbox: {hint} ({e.Message})"));
        }
        catch (OperationCanceledException)
        {
            return (null, await UndoneAsync(pod, attempt, Reasons.FailedCreatePodSandBox,
                $"Failed to create pod sandbox: it was not ready within {services.Options.SandboxDeadline.TotalSeconds}s"));
        }
        catch (Exception e)
        {
            // Whatever it was: a pod of whose sandbox nobody tells would wait for it for ever, deleted or not.
            return (null, await UndoneAsync(pod, attempt, Reasons.FailedCreatePodSandBox, "Failed to create pod sandbox: " + e.Message));
        }
    }

    /// <summary>Removes what there is of a sandbox.</summary>
    public async Task<PodFact> DestroySandboxAsync(Pod pod, int attempt)
    {
        try
        {
            await RemoveSandboxAsync(places.SandboxId(attempt));
            Failpoint.MayFail("pods.destroy.volumes-open");
            await CloseVolumesAsync(pod, tell: true);
            return new PodFact.SandboxGone(attempt);
        }
        catch (Exception e)
        {
            // Whatever it was: without a fact nobody would come back to it, and the pod would stay for ever.
            services.Events.Warning(pod, null, "FailedKillPod", "the sandbox could not be removed yet: " + e.Message);
            return new PodFact.SandboxStuck(attempt, e.Message);
        }
    }

    /// <summary>Starts a container.</summary>
    public async Task<PodFact> StartContainerAsync(Pod pod, Container container, int attempt, PodSandbox sandbox, IReadOnlyList<string> addresses, CancellationToken cancellationToken)
    {
        try
        {
            if (services.Policies is { } policies)
            {
                await policies.Loaded.WaitAsync(cancellationToken);
            }

            var image = pulls.Of(pod, container, attempt);
            await _configs.CompleteAsync(pod, container, sandbox, cancellationToken);
            ContainerSpec spec;
            ContainerMounts mounts;
            using (PodTracing.Step("specification and mounts"))
            {
                var volumes = Volumes(pod, await LastingAsync(pod, container, cancellationToken));
                (spec, mounts) = await launcher.PrepareAsync(pod, container, attempt, image, addresses, volumes, sandbox, cancellationToken);
            }

            StartedContainer started;
            using (mounts)
            {
                Failpoint.MayFail("pods.start.prepared");
                started = await sandbox.StartAsync(spec, cancellationToken);
            }

            if (started.OomScoreAdjRefused && services.Said.First("oom"))
            {
                LogOomScore(_logger);
            }

            if (started.ResourceLimitRefused && services.Said.First("resource limit"))
            {
                LogResourceLimit(_logger);
            }

            Failpoint.Hit("pods.start.started");
            Prune(container.Name, attempt);
            services.Events.Normal(pod, container.Name, "Created", $"Created container: {container.Name}");
            services.Events.Normal(pod, container.Name, "Started", $"Started container {container.Name}");
            return new PodFact.ContainerStarted(container.Name, attempt, started.StartedAt, image.Id, ContainerUserId.Status(started.User), StopSignals.NameOf(StopSignals.Of(container, image)));
        }
        catch (LaunchRefusedException e)
        {
            services.Events.Warning(pod, container.Name, "Failed", $"Error: {e.Reason}: {e.Message}");
            return new PodFact.ContainerRefused(container.Name, attempt, e.Reason, e.Message);
        }
        catch (LaunchException e)
        {
            return Failed(pod, container, attempt, LaunchWords.Of(container, e));
        }
        catch (OperationCanceledException)
        {
            return Failed(pod, container, attempt,
                $"failed to start container \"{container.Name}\": it did not start within {services.Options.StartDeadline.TotalSeconds}s");
        }
        catch (Exception e)
        {
            return Failed(pod, container, attempt, $"failed to start container \"{container.Name}\": {e.Message}");
        }
    }

    /// <summary>Brings the volumes that are made from objects and from the pod's fields up to date; false when that is to be tried again.</summary>
    public async Task<bool> RefreshAsync(Pod pod, PodSandbox sandbox, CancellationToken cancellationToken)
    {
        var failures = await _configs.RefreshAsync(pod, sandbox, cancellationToken);
        foreach (var (message, _) in failures)
        {
            services.Events.Warning(pod, null, Reasons.FailedMount, message);
        }

        return !failures.Any(f => f.Passing);
    }

    /// <summary>Measures what the pod keeps on the disk; the limit that it has passed, or null.</summary>
    public async Task<StorageExcess?> MeasureAsync(Pod pod, CancellationToken cancellationToken)
    {
        var (volumes, containers) = await ReadStorageAsync(pod, cancellationToken);
        return StorageUse.Excess(pod, volumes, containers);
    }

    /// <summary>What the pod keeps on the disk: in its emptyDir volumes, and each container in its writable layer and logs.</summary>
    public async Task<(IReadOnlyList<VolumeUsage> Volumes, IReadOnlyDictionary<string, long> Containers)> ReadStorageAsync(Pod pod, CancellationToken cancellationToken) =>
        (await Volumes(pod).MeasureAsync(cancellationToken), await Task.Run(() => StorageUse.Measure(places, pod, CountsAreTrue(pod) ? services.Quotas : null, cancellationToken), cancellationToken));

    /// <summary>Removes what a pod keeps on the disk that nobody will write again: of one that has ended volumes and logs, of another the logs of containers' earlier starts.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="attempts">The containers by name, with the number of their latest start.</param>
    /// <param name="hasEnded">Whether it has ended, and nothing of it runs.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task CollectAsync(Pod pod, IReadOnlyDictionary<string, int> attempts, bool hasEnded, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(places.Directory))
        {
            return;
        }

        if (hasEnded)
        {
            await Volumes(pod).RemoveAsync(cancellationToken);
        }

        foreach (var (name, attempt) in attempts)
        {
            foreach (var old in LogRotation.Starts(places.Directory, name).Where(start => hasEnded || start < attempt))
            {
                LogRotation.Remove(places.Directory, PodPlaces.LogPath(name, old));
            }
        }
    }

    /// <summary>Puts into force what is set aside for the containers, as far as it goes.</summary>
    public PodFact Resize(PodAction.Resize order, Pod pod, PodSandbox sandbox)
    {
        var memory = services.Memory.For(pod);
        var done = new List<ResizeStep>();
        try
        {
            foreach (var step in order.Steps)
            {
                Failpoint.MayFail("pods.resize.step");
                if (ResizeWriter.Write(sandbox, step, memory) is { } why)
                {
                    return new PodFact.Resized(order.Sandbox, done, why);
                }

                done.Add(step);
                Failpoint.MayFail("pods.resize.stepped");
            }

            return new PodFact.Resized(order.Sandbox, done, null);
        }
        catch (Exception e)
        {
            // Whatever it was: without a fact nobody would come back to it.
            return new PodFact.Resized(order.Sandbox, done, e.Message);
        }
    }

    /// <summary>Removes the deleted pod's directory.</summary>
    public async Task<PodFact> CleanupAsync(Pod pod, CancellationToken cancellationToken)
    {
        try
        {
            if (Directory.Exists(places.Directory))
            {
                await Volumes(pod).RemoveAsync(cancellationToken);
                Failpoint.MayFail("pods.cleanup.volumes-removed");
            }

            RemovePodDirectory(services, places.Uid);
            Failpoint.MayFail("pods.cleanup.directory-removed");

            return new PodFact.CleanupDone();
        }
        catch (Exception e)
        {
            services.Events.Warning(pod, null, "FailedCleanup", "the pod's directory could not be removed yet: " + e.Message);
            return new PodFact.CleanupFailed(e.Message);
        }
    }

    /// <summary>Removes a pod's directory tree, which may hold whatever containers made, and gives back what no other pod could have: nothing of the pod
    /// may run any more. One that is not there is fine.</summary>
    public static void RemovePodDirectory(PodServices services, string uid)
    {
        var directory = Path.Combine(services.Options.RootDirectory, "pods");
        using var pods = Directories.Open(directory);
        services.Quotas.Removing(DirectoryQuotas.PlacesOf(Path.Combine(directory, uid)), () => RemoveTree.Remove(pods, uid));
        services.UserIds.Release(uid);
        services.Categories.Release(uid);
        services.Claims.Uses.Release(uid);
    }

    /// <summary>Removes a sandbox and its network; both at once, since the end of the namespace ends the link.</summary>
    public Task RemoveSandboxAsync(string id) => RemoveSandboxAsync(services, id);

    /// <summary>Removes a sandbox and its network, with a deadline of its own.</summary>
    public static async Task RemoveSandboxAsync(PodServices services, string id)
    {
        using var deadline = new CancellationTokenSource(services.Options.CleanupDeadline, services.Clock);
        var detach = DisconnectAsync(services, id, deadline.Token);
        var destroy = services.Sandboxes.DestroyAsync(id, deadline.Token);
        await Task.WhenAll(detach, destroy);
    }

    private static async Task DisconnectAsync(PodServices services, string id, CancellationToken ct)
    {
        // What holds for its connections holds as long as it has any.
        await services.Network.DetachAsync(id, ct);
        if (services.Policies is { } policies)
        {
            await policies.ForgetAsync(id, ct);
        }
    }

    /// <summary>
    /// Removes the files of a container's starts but of the last one and the one before, as <c>logs --previous</c> wants them: not only
    /// those that have just become too old, since an earlier daemon may have ended before it came to that.
    /// </summary>
    public void Prune(string name, int attempt)
    {
        foreach (var old in LogRotation.Starts(places.Directory, name).Where(start => start < attempt - 1))
        {
            LogRotation.Remove(places.Directory, PodPlaces.LogPath(name, old));
        }

        foreach (var old in TerminationMessage.Starts(places, name).Where(start => start < attempt - 1))
        {
            TerminationMessage.Remove(places, name, old);
        }
    }

    private PodVolumes Volumes(Pod pod, IReadOnlyDictionary<string, LastingVolume>? lasting = null) => new(
        places.Directory,
        pod.Spec.Volumes,
        pod.Spec.SecurityContext is { FsGroup: { } group } context ? new VolumeGroup((uint)group, context.FsGroupChangePolicy == FsGroupChangePolicies.Always) : null,
        lasting,
        new DirectoryLimits(services.Quotas, volume => StorageLimits.OfVolume(pod, volume), CountsAreTrue(pod)));

    // Who is root outside of user namespaces may give his files to another project (ioctl_fs_fssetxattr); a kubelet asks for one, too.
    private static bool CountsAreTrue(Pod pod) => pod.Spec.HostUsers == false;

    private async Task<IReadOnlyDictionary<string, LastingVolume>> LastingAsync(Pod pod, Container container, CancellationToken cancellationToken)
    {
        try
        {
            return await services.Claims.OpenAsync(pod, cancellationToken);
        }
        catch (VolumeException e)
        {
            throw new LaunchRefusedException(Reasons.CreateContainerConfigError, $"container {container.Name}: {e.Message}", e);
        }
    }

    private async Task CloseVolumesAsync(Pod pod, bool tell)
    {
        using var deadline = new CancellationTokenSource(services.Options.CleanupDeadline, services.Clock);
        await services.Claims.CloseAsync(pod, tell, deadline.Token);
    }

    private async Task<PodFact> UndoneAsync(Pod pod, int attempt, string reason, string message)
    {
        services.Events.Warning(pod, null, reason, message);
        try
        {
            await RemoveSandboxAsync(places.SandboxId(attempt));
            await CloseVolumesAsync(pod, tell: false);
        }
        catch (Exception e)
        {
            // The next attempt has the same id and is refused while remains are there: this is tried again then.
            message = $"{message}; and undoing it failed: {e.Message}";
        }

        return new PodFact.SandboxRefused(attempt, reason, message);
    }

    private PodFact.ContainerStartFailed Failed(Pod pod, Container container, int attempt, string message)
    {
        services.Events.Warning(pod, container.Name, "Failed", "Error: " + message);
        return new PodFact.ContainerStartFailed(container.Name, attempt, message);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "dnsPolicy ClusterFirst acts as Default: there is no cluster DNS (said once)")]
    private static partial void LogClusterFirst(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the kernel refuses to lower oom_score_adj: the daemon lacks CAP_SYS_RESOURCE, and pods are not shielded from the out-of-memory killer by their class (said once)")]
    private static partial void LogOomScore(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the kernel refuses to raise a resource limit: the daemon lacks CAP_SYS_RESOURCE, and containers get as much of --resource-limits as it has itself (said once)")]
    private static partial void LogResourceLimit(ILogger logger);

    private UserIdRange UserIds(PodSpec spec)
    {
        if (UserNamespaceSupport.Lack() is { } lack)
        {
            throw new UserIdException($"hostUsers: false is not possible on this machine: {lack}");
        }

        return spec.SecurityContext?.FsGroup is { } group && group >= UserIdRange.PerPod
            ? throw UserIdException.NoSuchId($"fsGroup {group}")
            : services.UserIds.Of(places.Uid);
    }

    private SandboxSpec SandboxOf(Pod pod, string id, PodVolumes volumes)
    {
        var spec = pod.Spec;
        var users = spec.HostUsers == false ? UserIds(spec) : null;
        var qos = PodQos.Directory(PodQos.Of(spec));
        var memory = volumes.MemoryVolumes.Select(v => new MemoryVolume(v.Name, v.SizeBytes, v.Mode, v.Group)).ToList();
        if (!spec.HostIPC)
        {
            memory.Add(new MemoryVolume(ContainerMounts.SharedMemoryVolume, ContainerMounts.SharedMemorySize, 0b001_111_111_111));
        }

        return new SandboxSpec
        {
            Id = id,
            PodUid = places.Uid,
            CgroupParent = $"pods/{qos}/pod{places.Uid}",
            PodSettings = ContainerResources.OfPod(spec, services.Options.PodPidsLimit, services.Memory.For(pod)),
            Hostname = PodFiles.KernelHostname(pod, services.Options.ClusterDomain),
            Network = spec.HostNetwork ? NamespaceMode.Host : NamespaceMode.Pod,
            Uts = spec.HostNetwork ? NamespaceMode.Host : NamespaceMode.Pod,
            Ipc = spec.HostIPC ? NamespaceMode.Host : NamespaceMode.Pod,
            Pid = ContainerLauncher.PidMode(spec),
            PodDirectory = places.Directory,
            LayersDirectory = services.Images.LayersDirectory,
            MemoryVolumes = memory,
            Sysctls = PodSysctls.OfSandbox(spec, users),
            UserIds = users,
        };
    }
}
