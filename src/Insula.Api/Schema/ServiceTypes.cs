using static Insula.Api.Schema.Define;

namespace Insula.Api.Schema;

/// <summary>The fields of Services (core/v1).</summary>
internal static class ServiceTypes
{
    public static ObjectType Service { get; } = new(
        "Service", "A name and an address for a set of pods.",
        Text("apiVersion", "\"v1\".").Required(),
        Text("kind", "\"Service\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows. The name begins with a letter and is a DNS label.").Required(),
        One("spec", () => ServiceSpec, "What the Service should be."),
        One("status", () => ServiceStatus, "What the Service is; written by the daemon, ignored in manifests.").ReadOnly());

    private static ObjectType ServiceSpec { get; } = new(
        "ServiceSpec", "What a Service should be.",
        Text("type", "How it is reached: ClusterIP at an address of its own, from pods and this machine (default); NodePort also at a port of this machine's addresses, from outside; LoadBalancer also at an address that a load balancer gives, see load-balancers.md; ExternalName stands for another DNS name.")
            .OneOf("ClusterIP", "NodePort", "LoadBalancer", "ExternalName"),

        // Kubernetes merges these by port alone and so mixes up a port that TCP and UDP share; here a list replaces the list.
        Many("ports", () => ServicePort, "The ports it serves; required unless it is headless or an ExternalName. A patch gives the whole list."),
        TextMap("selector", "Labels of the pods it leads to. Empty: its endpoints are not made from pods but by you, as EndpointSlices or Endpoints."),
        Text("clusterIP", "Its address: chosen from the daemon's service-range when not given, one of that range, or \"None\": the Service is headless, has no address, and its name leads to the addresses of its pods. Cannot be changed."),
        Texts("clusterIPs", "The same as a list, one a family; the first is clusterIP."),
        Text("externalName", "Of an ExternalName: the DNS name it stands for."),
        Text("sessionAffinity", "ClientIP: all connections of one client's address to one port come to the same endpoint. Default None.").OneOf("None", "ClientIP"),
        One("sessionAffinityConfig", () => SessionAffinityConfig, "Settings of ClientIP."),
        Bool("publishNotReadyAddresses", "Whether pods that are not ready count as ready. Default false."),
        Text("internalTrafficPolicy", "Local: connections from pods and from this machine come only to endpoints that are pods here, not to others that were added by hand. Default Cluster: to all.").OneOf("Cluster", "Local"),
        Text("externalTrafficPolicy", "The same for connections by node ports and load balancers. The client's address is preserved in either case where the endpoint is a pod.").OneOf("Cluster", "Local"),
        Texts("ipFamilies", "Families of its addresses, the first one first; IPv6 where the daemon has a pod-range-v6. Default IPv4. The first cannot be changed.").OneOf("IPv4", "IPv6"),
        Text("ipFamilyPolicy", "How many families it has. Default SingleStack: one; PreferDualStack: both where the daemon has a pod-range-v6; RequireDualStack: both, or it is refused. Changed to SingleStack, it gives up its second address.").OneOf("SingleStack", "PreferDualStack", "RequireDualStack"),
        Bool("allocateLoadBalancerNodePorts", "Of a LoadBalancer: whether it has node ports. Default true."),
        Texts("externalIPs", "Further addresses that lead to it.").Refused("any Service could take connections that are meant for others (CVE-2020-8554); use a node port"),
        Text("loadBalancerIP", "Of a LoadBalancer: the address wanted; it is given that one or none."),
        Texts("loadBalancerSourceRanges", "Of a LoadBalancer: networks like 192.0.2.0/24 that may come by its address; others' packets are dropped. Empty: all. Pods and this machine are not kept out, and node ports stay open to all."),
        Text("loadBalancerClass", "Of a LoadBalancer: who gives the address: insula.dev/host, insula.dev/pool, insula.dev/exec, or another name for somebody who is not part of the daemon. Not given: the daemon's load-balancer. Cannot be changed."),
        Int("healthCheckNodePort", "Of a LoadBalancer with externalTrafficPolicy Local: the port of this machine at which it says by HTTP whether it has ready endpoints here (200) or not (503), one of the daemon's node-port-range; chosen when not given. Cannot be changed."),
        Text("trafficDistribution", "Which endpoints are preferred.").Meaningless("all endpoints are equally near"));

    private static ObjectType ServicePort { get; } = new(
        "ServicePort", "A port of a Service.",
        Text("name", "A DNS label, unique in the Service; required when there are several ports."),
        Text("protocol", "The protocol. Default TCP.").OneOf("TCP", "UDP", "SCTP"),
        Text("appProtocol", "What the port speaks; for information."),
        Int("port", "The port at the Service's address, 1 to 65535.").Required(),
        IntOrString("targetPort", "The port of the pods: a number, or the name of a port in their manifests, which may be another number in each. Default the same as port."),
        Int("nodePort", "The port at this machine's addresses, one of the daemon's node-port-range; chosen when not given. Only with the types NodePort and LoadBalancer."));

    private static ObjectType SessionAffinityConfig { get; } = new(
        "SessionAffinityConfig", "Settings of session affinity.",
        One("clientIP", () => ClientIPConfig, "Settings of affinity by the client's address."));

    private static ObjectType ClientIPConfig { get; } = new(
        "ClientIPConfig", "Settings of affinity by the client's address.",
        Int("timeoutSeconds", "How long after its latest connection a client comes to the same endpoint again, 1 to 86400. Default 10800: three hours."));

    private static ObjectType ServiceStatus { get; } = new(
        "ServiceStatus", "State of a Service.",
        One("loadBalancer", () => LoadBalancerStatus, "Where its load balancer is reached."));

    private static ObjectType LoadBalancerStatus { get; } = new(
        "LoadBalancerStatus", "Where a load balancer is reached.",
        Many("ingress", () => LoadBalancerIngress, "Its addresses and names; none as long as there is no load balancer."));

    private static ObjectType LoadBalancerIngress { get; } = new(
        "LoadBalancerIngress", "One way in to a load balancer.",
        Text("ip", "The address."),
        Text("hostname", "The DNS name, where there is no address."),
        Text("ipMode", "VIP: packets come with this address as their destination; Proxy: as connections of the load balancer's own.").OneOf("VIP", "Proxy"),
        Many("ports", () => PortStatus, "The ports it serves."));

    private static ObjectType PortStatus { get; } = new(
        "PortStatus", "A port of a load balancer.",
        Int("port", "The number.").Required(),
        Text("protocol", "The protocol.").OneOf("TCP", "UDP", "SCTP"),
        Text("error", "Why it is not served, in one word."));
}
