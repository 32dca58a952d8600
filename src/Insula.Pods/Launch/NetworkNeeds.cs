using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Network;
using Insula.Network.Services;

namespace Insula.Pods.Launch;

/// <summary>What a network is told of a pod.</summary>
internal static class NetworkNeeds
{
    /// <summary>Reads a pod.</summary>
    public static NetworkedPod Of(Pod pod, PodOptions options) => new()
    {
        Namespace = pod.Metadata.Namespace ?? "default",
        Name = pod.Metadata.Name,
        Uid = pod.Metadata.Uid ?? "",
        HostPorts = [.. PodFacts.Of(pod).HostPorts.Select(p => new HostPortMapping(p.HostIP, p.Protocol, p.HostPort, p.Port))],
        IngressBandwidth = PodBandwidth.Of(pod, PodBandwidth.Ingress),
        EgressBandwidth = PodBandwidth.Of(pod, PodBandwidth.Egress),
        Dns = () => PodFiles.Resolve(pod, options, null),
    };
}
