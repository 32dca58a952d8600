using static Insula.Api.Schema.Define;

namespace Insula.Api.Schema;

/// <summary>The fields of NetworkPolicies (networking.k8s.io/v1).</summary>
internal static class PolicyTypes
{
    public static ObjectType NetworkPolicy { get; } = new(
        "NetworkPolicy", "Which connections pods may have. What one policy allows, no other forbids; a pod that no policy selects in a direction is not restricted in it by policies.",
        Text("apiVersion", "\"networking.k8s.io/v1\".").Required(),
        Text("kind", "\"NetworkPolicy\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows.").Required(),
        One("spec", () => NetworkPolicySpec, "The pods, and what is allowed."));

    private static ObjectType NetworkPolicySpec { get; } = new(
        "NetworkPolicySpec", "The pods that a policy is about, and the connections it allows them.",
        One("podSelector", () => MetaTypes.LabelSelector, "The pods of the policy's namespace that it is about; {} for all. Pods on the machine's network are the machine, and no policy is about them."),
        Many("ingress", () => NetworkPolicyIngressRule, "Connections allowed to these pods. Those from this machine itself, as its probes are, always are."),
        Many("egress", () => NetworkPolicyEgressRule, "Connections allowed from these pods, also those to this machine."),
        Texts("policyTypes", "The directions in which what is not allowed is forbidden. Default Ingress, and Egress if there are egress rules.").OneOf("Ingress", "Egress"));

    private static ObjectType NetworkPolicyIngressRule { get; } = new(
        "NetworkPolicyIngressRule", "Connections that are allowed: from one of the peers to one of the ports.",
        Many("ports", () => NetworkPolicyPort, "The ports of the pods; none for all."),
        Many("from", () => NetworkPolicyPeer, "Where they may come from; none for anywhere."));

    private static ObjectType NetworkPolicyEgressRule { get; } = new(
        "NetworkPolicyEgressRule", "Connections that are allowed: to one of the ports of one of the peers.",
        Many("ports", () => NetworkPolicyPort, "The ports of the peers; none for all."),
        Many("to", () => NetworkPolicyPeer, "Where they may go to; none for anywhere. Of connections to a Service, the pods it leads to count."));

    private static ObjectType NetworkPolicyPort { get; } = new(
        "NetworkPolicyPort", "Ports that are allowed.",
        Text("protocol", "The protocol. Default TCP.").OneOf("TCP", "UDP", "SCTP"),
        IntOrString("port", "A number, or the name of a port in the manifest of the pod that is connected to. Not given: all ports of the protocol."),
        Int("endPort", "With a number: the last port of a range that begins with it."));

    private static ObjectType NetworkPolicyPeer { get; } = new(
        "NetworkPolicyPeer", "The other end: pods, or addresses.",
        One("podSelector", () => MetaTypes.LabelSelector, "Pods; of the policy's namespace unless namespaceSelector is given."),
        One("namespaceSelector", () => MetaTypes.LabelSelector, "Namespaces, whose pods are meant, all of them unless podSelector is given; {} for all namespaces."),
        One("ipBlock", () => IPBlock, "Addresses. Not together with the selectors."));

    private static ObjectType IPBlock { get; } = new(
        "IPBlock", "A range of addresses with gaps.",
        Text("cidr", "The range, IPv4 or IPv6, as 192.168.1.0/24.").Required(),
        Texts("except", "Ranges inside it that do not belong to it."));
}
