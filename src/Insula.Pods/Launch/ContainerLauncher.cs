using System.Collections.Concurrent;
using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Images;
using Insula.Linux.Files;
using Insula.Pods.Configs;
using Insula.Pods.Images;
using Insula.Pods.Lifecycle;
using Insula.Pods.Workers;
using Insula.Sandbox;
using Insula.Sandbox.Containers;
using Insula.Sandbox.Exec;
using Insula.Volumes;

namespace Insula.Pods.Launch;

/// <summary>From a container of the manifest and its image to what the sandbox is asked to start.</summary>
internal sealed class ContainerLauncher(PodServices services, PodPlaces places)
{
    // What a container was started with holds for the commands run in it, whatever has become of its image's name or its profiles since.
    private readonly ConcurrentDictionary<string, (int Attempt, ProcessPlan Plan)> _started = new();

    /// <summary>The images that are volumes of containers.</summary>
    public ImageVolumes ImageVolumes { get; } = new();

    private static readonly IReadOnlyDictionary<string, string> NoVariables = new Dictionary<string, string>();

    /// <summary>The files of volumes that are made from objects and from the pod's fields.</summary>
    public VolumeContent Content(Pod pod) => new(services.Configs, Fields(pod, []), (p, selector) => Resource(p, p.Spec.Containers[0], selector));

    /// <summary>The container's image, or the refusal that says how to get it.</summary>

    /// <summary>The part of a container's start that commands run in it share.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="container">The container.</param>
    /// <param name="image">Its image.</param>
    /// <param name="addresses">The pod's addresses.</param>
    /// <param name="files">Its env files.</param>
    /// <param name="started">The environment it was started with, when that is past; null at its start.</param>
    public ProcessPlan Process(Pod pod, Container container, Image image, IReadOnlyList<string> addresses, EnvFiles files, IReadOnlyList<string>? started = null)
    {
        var context = container.SecurityContext;
        var privileged = context?.Privileged == true;
        var (user, home) = ContainerUserId.Of(pod, container, image);
        var environment = started is not null ? (Lines: started, Declared: NoVariables) : Environment(pod, container, image, home, addresses, files);
        // Inside a user namespace its root has every capability, whatever the daemon itself runs without.
        var available = pod.Spec.HostUsers == false ? CapabilityNames.All : services.Machine.Capabilities;
        var capabilities = ContainerCapabilities.Of(container, user.Uid, services.Options.DefaultCapabilities, available);
        var directory = container.WorkingDir is { Length: > 0 } wanted ? wanted
            : image.Config.WorkingDir is { Length: > 0 } own ? own
            : "/";
        if (directory[0] != '/')
        {
            throw new LaunchRefusedException(
                Reasons.CreateContainerConfigError, $"container {container.Name}: the working directory \"{directory}\" is not absolute");
        }

        var confinement = services.Confinement.Of(pod, container, capabilities.Bounding);
        return new ProcessPlan
        {
            Args = CommandLine.Of(container, image.Config, environment.Declared),
            Env = environment.Lines,
            Variables = environment.Declared,
            WorkingDirectory = directory,
            User = user,
            Capabilities = capabilities,
            NoNewPrivileges = !privileged && context?.AllowPrivilegeEscalation == false,
            Seccomp = confinement.Seccomp,
            Label = confinement.Label,
            ResourceLimits = services.Options.ResourceLimits,
            OomScoreAdj = ContainerResources.OomScoreAdj(pod.Spec, container.Resources, services.Machine.MemoryBytes),
        };
    }

    /// <summary>Everything of a start. The mounts are the caller's to dispose after it.</summary>
    public async Task<(ContainerSpec Spec, ContainerMounts Mounts)> PrepareAsync(
        Pod pod, Container container, int attempt, Image image, IReadOnlyList<string> addresses, PodVolumes volumes, PodSandbox sandbox, CancellationToken cancellationToken)
    {
        var context = container.SecurityContext;
        var privileged = context?.Privileged == true;
        var process = Process(pod, container, image, addresses, await EnvFiles.ReadAsync(container, volumes, places, sandbox, cancellationToken));
        var ofServices = pod.Spec.EnableServiceLinks != false && services.Configs.HasServices(pod.Metadata.Namespace ?? "default");
        if (ofServices || container.EnvFrom.Count > 0 || container.Env.Any(e => e.ValueFrom is not null))
        {
            EnvironmentFile.Write(places.SandboxRunDirectory(sandbox.Id), container.Name, attempt, process.Env);
        }

        var unmasked = privileged || context?.ProcMount == "Unmasked";
        var images = ImageVolumes.Of(pod, container).ToDictionary(v => v.Name, v => ImageChoice.Of(v, services.Images.Resolve));
        ImageVolumes.Keep(places.SandboxRunDirectory(sandbox.Id), container.Name, attempt, images.Values);
        Failpoint.MayFail("pods.start.images-kept");
        var mounts = await ContainerMounts.MakeAsync(
            pod, container, attempt, image, new PodMounts(volumes, images, services.Images.LayersDirectory), sandbox, places, process.Variables, cancellationToken);
        var logs = Path.Combine(places.Directory, PodPlaces.Logs, container.Name);
        Directory.CreateDirectory(logs);
        _started[container.Name] = (attempt, process);
        var spec = new ContainerSpec
        {
            Id = PodPlaces.ContainerId(container.Name, attempt),
            Project = Project(pod, container, logs),
            CgroupSettings = ContainerResources.Of(pod.Spec, container.Resources, services.Memory.For(pod)),
            Layers = [.. image.LayerDirectories, services.Images.EnsureMountPoints()],
            ReadOnlyRootfs = context?.ReadOnlyRootFilesystem == true,
            Args = process.Args,
            Env = process.Env,
            WorkingDirectory = process.WorkingDirectory,
            User = process.User,
            Capabilities = process.Capabilities,
            NoNewPrivileges = process.NoNewPrivileges,
            Seccomp = process.Seccomp,
            Label = process.Label,
            MaskedPaths = unmasked ? [] : HiddenPaths.Masked(),
            ReadOnlyPaths = unmasked ? [] : HiddenPaths.ReadOnly,
            Mounts = mounts.All,
            Devices = privileged ? HostDevices.All() : [],
            AllowAllDevices = privileged,
            HostCgroupNamespace = privileged && pod.Spec.HostUsers != false,
            Pid = PidMode(pod.Spec),
            PidOf = TargetOf(pod, container, sandbox),
            ResourceLimits = process.ResourceLimits,
            OomScoreAdj = process.OomScoreAdj,
            Stdin = container.Stdin,
            Tty = container.Tty,
            LogPath = PodPlaces.LogPath(container.Name, attempt),
            LogMaxSize = services.Options.LogMaxSize,
            LogMaxFiles = services.Options.LogMaxFiles,
        };
        return (spec, mounts);
    }

    /// <summary>A command in a running container: as the container's program, with other words.</summary>
    public ExecSpec Exec(Pod pod, Container container, int attempt, PodSandbox sandbox, IReadOnlyList<string> addresses, IReadOnlyList<string> command)
    {
        var process = _started.TryGetValue(container.Name, out var started) && started.Attempt == attempt
            ? started.Plan
            : Process(pod, container, ImageChoice.Of(container, services.Images.Resolve), addresses, EnvFiles.None, EnvironmentFile.Read(places.SandboxRunDirectory(sandbox.Id), container.Name, attempt)); // an earlier daemon has started it
        return new ExecSpec
        {
            ContainerId = PodPlaces.ContainerId(container.Name, attempt),
            Args = command,
            Env = process.Env,
            WorkingDirectory = process.WorkingDirectory,
            User = process.User,
            Capabilities = process.Capabilities,
            NoNewPrivileges = process.NoNewPrivileges,
            Seccomp = process.Seccomp,
            Label = process.Label,
            ResourceLimits = process.ResourceLimits,
            OomScoreAdj = process.OomScoreAdj,
        };
    }

    private (IReadOnlyList<string> Lines, IReadOnlyDictionary<string, string> Declared) Environment(
        Pod pod, Container container, Image image, string home, IReadOnlyList<string> addresses, EnvFiles files)
    {
        var made = ContainerEnvironment.Of(pod, container, image.Config, home, Fields(pod, addresses), new VariableSources(services.Configs, Resource, files));
        return (made.Lines, made.Declared);
    }

    private PodFieldValues Fields(Pod pod, IReadOnlyList<string> addresses) => new(
        pod.Spec.HostNetwork ? services.Options.NodeName : PodFiles.KernelHostname(pod, services.Options.ClusterDomain),
        services.Options.NodeName,
        addresses,
        [.. services.Network.HostAddresses.Select(a => a.ToString())]);

    // All starts of a container have one; a debugger's writing is nobody's limit.
    private uint? Project(Pod pod, Container container, string logs)
    {
        if (pod.Spec.EphemeralContainers.Any(c => c.Name == container.Name) || StorageLimits.OfContainer(pod, container) is not { } most)
        {
            return null;
        }

        using var directory = Directories.Open(logs);
        return services.Quotas.Limit(directory, most);
    }

    private string Resource(Pod pod, Container own, ResourceFieldSelector selector)
    {
        var container = string.IsNullOrEmpty(selector.ContainerName) ? own
            : pod.Spec.All().FirstOrDefault(c => c.Name == selector.ContainerName)
                ?? throw new LaunchRefusedException(Reasons.CreateContainerConfigError, $"container \"{selector.ContainerName}\" not found");
        return ResourceValues.Of(PodResources.InPod(pod.Spec, container.Resources), selector, services.Machine.Processors, services.Machine.MemoryBytes);
    }

    // Where all are in one namespace anyway there is nothing to choose.
    private static string? TargetOf(Pod pod, Container container, PodSandbox sandbox)
    {
        if (container.TargetContainerName is not { Length: > 0 } target || PidMode(pod.Spec) != NamespaceMode.Container)
        {
            return null;
        }

        return sandbox.Containers.LastOrDefault(c => c.IsRunning && PodPlaces.ParseContainerId(c.Id)?.Name == target)?.Id
            ?? throw new LaunchRefusedException(Reasons.CreateContainerConfigError, $"unable to find target container \"{target}\": it does not run");
    }

    /// <summary>Whose PID namespace a pod's containers live in.</summary>
    public static NamespaceMode PidMode(PodSpec spec) =>
        spec.HostPID ? NamespaceMode.Host : spec.ShareProcessNamespace == true ? NamespaceMode.Pod : NamespaceMode.Container;
}
