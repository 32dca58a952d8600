using static Insula.Api.Schema.Define;

namespace Insula.Api.Schema;

/// <summary>The fields of Endpoints (core/v1) and EndpointSlices (discovery.k8s.io/v1).</summary>
internal static class EndpointTypes
{
    public static ObjectType Endpoints { get; } = new(
        "Endpoints", "The addresses that a Service of the same name leads to. Made by the daemon when the Service has a selector, otherwise by you.",
        Text("apiVersion", "\"v1\".").Required(),
        Text("kind", "\"Endpoints\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name (the Service's), labels and what the server knows.").Required(),
        Many("subsets", () => EndpointSubset, "Addresses, grouped by the ports they have."));

    public static ObjectType EndpointSlice { get; } = new(
        "EndpointSlice", "Some of the endpoints of the Service that its label kubernetes.io/service-name names. Made by the daemon when the Service has a selector, otherwise by you.",
        Text("apiVersion", "\"discovery.k8s.io/v1\".").Required(),
        Text("kind", "\"EndpointSlice\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows.").Required(),
        Text("addressType", "What the addresses are. FQDN is kept, and nothing leads there. Cannot be changed.").Required().OneOf("IPv4", "IPv6", "FQDN"),
        Many("endpoints", () => Endpoint, "The endpoints, at most 1000.").Required(),
        Many("ports", () => Port, "The ports at each of them, at most 100."));

    private static ObjectType Port { get; } = new(
        "EndpointPort", "A port of endpoints.",
        Text("name", "Name of the Service's port; empty when it has none."),
        Int("port", "The port, 1 to 65535. Not given: none leads there."),
        Text("protocol", "The protocol. Default TCP.").OneOf("TCP", "UDP", "SCTP"),
        Text("appProtocol", "What the port speaks; for information."));

    private static ObjectType EndpointSubset { get; } = new(
        "EndpointSubset", "Addresses with the same ports.",
        Many("addresses", () => EndpointAddress, "Addresses that take connections."),
        Many("notReadyAddresses", () => EndpointAddress, "Addresses that do not yet, or not for the moment."),
        Many("ports", () => Port, "The ports at each of them."));

    private static ObjectType EndpointAddress { get; } = new(
        "EndpointAddress", "An address.",
        Text("ip", "The address; not a loopback, link-local or multicast one.").Required(),
        Text("hostname", "Name below that of a headless Service."),
        Text("nodeName", "The machine it is on."),
        One("targetRef", () => OtherTypes.ObjectReference, "The pod."));

    private static ObjectType Endpoint { get; } = new(
        "Endpoint", "An endpoint.",
        Texts("addresses", "Addresses that lead to it, 1 to 100; the first is used.").Required(),
        One("conditions", () => EndpointConditions, "Whether it takes connections. Default: it does."),
        Text("hostname", "Name below that of a headless Service."),
        One("targetRef", () => OtherTypes.ObjectReference, "The pod."),
        Text("nodeName", "The machine it is on; policies of the value Local lead to those of this machine."),
        Text("zone", "A zone of machines; kept as given."),
        TextMap("deprecatedTopology", "Kept as given.").Meaningless("it is of an older version of the API"),
        Any("hints", "Which clients it is for.").Meaningless("all endpoints are equally near"));

    private static ObjectType EndpointConditions { get; } = new(
        "EndpointConditions", "The state of an endpoint.",
        Bool("ready", "Whether it takes new connections."),
        Bool("serving", "Whether it is ready, even if it is about to end: such take connections when no other is ready."),
        Bool("terminating", "Whether it is about to end."));
}
