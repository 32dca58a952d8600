using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Linux;
using Insula.Linux.Kernel;
using Insula.Pods.Lifecycle;
using Insula.Pods.UserNamespaces;
using Insula.Pods.Workers;
using Insula.Sandbox;
using Insula.Sandbox.Containers;
using Insula.Volumes;

namespace Insula.Pods.Launch;

/// <summary>What the sandbox of a pod is asked to be.</summary>
internal static class SandboxSpecs
{
    public static SandboxSpec Of(Pod pod, PodObservation seen, string id, PodVolumes volumes, Descriptor? networkNamespace, PodServices services, PodPlaces places)
    {
        var spec = pod.Spec;
        var users = spec.HostUsers == false ? UserIds(spec, services, places) : null;
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
            ExistingNetworkNamespace = networkNamespace,
            Uts = spec.HostNetwork ? NamespaceMode.Host : NamespaceMode.Pod,
            Ipc = spec.HostIPC ? NamespaceMode.Host : NamespaceMode.Pod,
            Pid = ContainerLauncher.PidMode(spec),
            PodDirectory = places.Directory,
            LayersDirectory = services.Images.LayersDirectory,
            MemoryVolumes = memory,
            Sysctls = PodSysctls.OfSandbox(spec, users),
            UserIds = users,
            First = First(pod, seen, services),
        };
    }

    // One that was started before need not be started again, and one whose image is missing not soon.
    private static ExpectedContainer? First(Pod pod, PodObservation seen, PodServices services)
    {
        var container = pod.Spec.InitContainers.Concat(pod.Spec.Containers).First();
        return seen.Container(container.Name) is { EverStarted: false, Attempt: var attempt } && container.SecurityContext?.Privileged != true
            && container.Image is { } image && services.Images.Resolve(image) is not null
            ? new ExpectedContainer(
                PodPlaces.ContainerId(container.Name, attempt), ContainerResources.Of(pod.Spec, container.Resources, services.Memory.For(pod)), PodPlaces.LogPath(container.Name, attempt))
            : null;
    }

    private static UserIdRange UserIds(PodSpec spec, PodServices services, PodPlaces places)
    {
        if (UserNamespaceSupport.Lack() is { } lack)
        {
            throw new UserIdException($"hostUsers: false is not possible on this machine: {lack}");
        }

        return spec.SecurityContext?.FsGroup is { } group && group >= UserIdRange.PerPod
            ? throw UserIdException.NoSuchId($"fsGroup {group}")
            : services.UserIds.Of(places.Uid);
    }
}
