using System.Globalization;
using System.Text.Json.Nodes;

namespace Insula.Network.Cni;

/// <summary>What plug-ins are told of a pod: arguments by capability, by the conventions of the CNI project, and the variables that Kubernetes has added.</summary>
internal static class CniCapabilities
{
    /// <summary>Ports of the machine.</summary>
    public const string PortMappings = "portMappings";

    /// <summary>Limits of what goes through.</summary>
    public const string Bandwidth = "bandwidth";

    /// <summary>The pod's resolv.conf.</summary>
    public const string Dns = "dns";

    // How much may come at once, in bits: the most that the plug-in takes, as others who run Kubernetes' pods have it.
    private const long Burst = uint.MaxValue;

    /// <summary>All that can be said of a pod. Each plug-in gets what it has asked for.</summary>
    public static JsonObject Of(NetworkedPod pod)
    {
        JsonObject all = [];
        if (pod.HostPorts.Count > 0)
        {
            all[PortMappings] = new JsonArray([.. pod.HostPorts.Select(p => new JsonObject
            {
                ["hostPort"] = p.HostPort,
                ["containerPort"] = p.Port,
                ["protocol"] = p.Protocol.ToLowerInvariant(),
                ["hostIP"] = p.HostIP ?? "",
            })]);
        }

        JsonObject limits = [];
        if (pod.IngressBandwidth is { } ingress)
        {
            limits["ingressRate"] = ingress;
            limits["ingressBurst"] = Burst;
        }

        if (pod.EgressBandwidth is { } egress)
        {
            limits["egressRate"] = egress;
            limits["egressBurst"] = Burst;
        }

        if (limits.Count > 0)
        {
            all[Bandwidth] = limits;
        }

        if (pod.Dns?.Invoke() is { } dns)
        {
            all[Dns] = new JsonObject { ["servers"] = Texts(dns.Nameservers), ["searches"] = Texts(dns.Searches), ["options"] = Texts(dns.Options) };
        }

        return all;
    }

    /// <summary>CNI_ARGS.</summary>
    public static string Arguments(NetworkedPod pod, string sandboxId) => string.Create(
        CultureInfo.InvariantCulture,
        $"IgnoreUnknown=1;K8S_POD_NAMESPACE={pod.Namespace};K8S_POD_NAME={pod.Name};K8S_POD_INFRA_CONTAINER_ID={sandboxId};K8S_POD_UID={pod.Uid}");

    private static JsonArray Texts(IReadOnlyList<string> texts) => new([.. texts.Select(t => (JsonNode?)t)]);
}
