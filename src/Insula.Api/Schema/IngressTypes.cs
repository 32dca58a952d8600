using static Insula.Api.Schema.Define;

namespace Insula.Api.Schema;

/// <summary>The fields of Ingresses and their classes (networking.k8s.io/v1).</summary>
internal static class IngressTypes
{
    private const string OnlyServices = "an Ingress leads to Services";

    public static ObjectType Ingress { get; } = new(
        "Ingress", "Which HTTP requests from outside come to which Services.",
        Text("apiVersion", "\"networking.k8s.io/v1\".").Required(),
        Text("kind", "\"Ingress\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows. Annotations whose names begin with ingress.insula.dev/ set time-outs and limits.").Required(),
        One("spec", () => IngressSpec, "The hosts and paths, and what they lead to."),
        One("status", () => IngressStatus, "Where it is reached; written by the daemon, ignored in manifests.").ReadOnly());

    public static ObjectType IngressClass { get; } = new(
        "IngressClass", "Who serves the Ingresses that name it. With the annotation ingressclass.kubernetes.io/is-default-class: \"true\" also those that name none.",
        Text("apiVersion", "\"networking.k8s.io/v1\".").Required(),
        Text("kind", "\"IngressClass\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows.").Required(),
        One("spec", () => IngressClassSpec, "Who serves them."));

    private static ObjectType IngressSpec { get; } = new(
        "IngressSpec", "Hosts and paths, and what they lead to.",
        Text("ingressClassName", "The IngressClass, which says who serves it. Default: the class that is annotated as the default, which \"insula\" is from the start."),
        One("defaultBackend", () => IngressBackend, "Where requests to hosts of the rules come that no path is for; without rules, those to hosts that no Ingress has a rule for. Default: they are answered with 404."),
        Many("tls", () => IngressTls, "Hosts that are served with TLS, too."),
        Many("rules", () => IngressRule, "The rules. The rules of the most specific host that matches decide alone: a name before a wildcard before none."));

    private static ObjectType IngressRule { get; } = new(
        "IngressRule", "The paths of one host.",
        Text("host", "The host that requests name, without a port: a DNS name, or \"*.\" and a name, which stands for one label more. Default any that no other rule names."),
        One("http", () => HttpIngressRuleValue, "Its paths. Without, all requests to the host come to the default backend."));

    private static ObjectType HttpIngressRuleValue { get; } = new(
        "HTTPIngressRuleValue", "The paths of a host.",
        Many("paths", () => HttpIngressPath, "The paths. An Exact one that matches is taken before Prefixes, and of these the longest. Of two Ingresses with the same, the older's.").Required());

    private static ObjectType HttpIngressPath { get; } = new(
        "HTTPIngressPath", "A path and what it leads to.",
        Text("path", "The path, beginning with a slash, as requests write it: with %XX for what is not allowed in one. Not needed with ImplementationSpecific: any."),
        Text("pathType", "Exact: this very path; Prefix: this path and those below it, by whole elements between slashes; ImplementationSpecific: as Prefix.").OneOf("Exact", "Prefix", "ImplementationSpecific").Required(),
        One("backend", () => IngressBackend, "What it leads to.").Required());

    private static ObjectType IngressBackend { get; } = new(
        "IngressBackend", "What requests come to.",
        One("service", () => IngressServiceBackend, "A Service of the same namespace. Requests come to its ready pods, not by its address; one of the type ExternalName has none."),
        Any("resource", "Another object.").Refused(OnlyServices));

    private static ObjectType IngressServiceBackend { get; } = new(
        "IngressServiceBackend", "A port of a Service.",
        Text("name", "The Service.").Required(),
        One("port", () => ServiceBackendPort, "Its port. With appProtocol kubernetes.io/h2c or grpc at the Service, HTTP/2 is spoken to the pods, with https TLS; otherwise HTTP/1.1, with WebSockets.").Required());

    private static ObjectType ServiceBackendPort { get; } = new(
        "ServiceBackendPort", "Which port of a Service: by name or by number.",
        Text("name", "The port's name."),
        Int("number", "The Service's port, 1 to 65535."));

    private static ObjectType IngressTls { get; } = new(
        "IngressTLS", "Hosts and their certificate.",
        Texts("hosts", "The hosts that are served with it, by the name that clients send (SNI). Default all that the certificate names."),
        Text("secretName", "A Secret of the type kubernetes.io/tls in the same namespace. One that changes is taken up without a connection lost."));

    private static ObjectType IngressStatus { get; } = new(
        "IngressStatus", "Where an Ingress is reached.",
        One("loadBalancer", () => IngressLoadBalancerStatus, "The addresses."));

    private static ObjectType IngressLoadBalancerStatus { get; } = new(
        "IngressLoadBalancerStatus", "The addresses of an Ingress.",
        Many("ingress", () => IngressLoadBalancerIngress, "The addresses; none as long as it is not served."));

    private static ObjectType IngressLoadBalancerIngress { get; } = new(
        "IngressLoadBalancerIngress", "An address of an Ingress.",
        Text("ip", "The address."),
        Text("hostname", "A name instead of it; never written here."),
        Many("ports", () => IngressPortStatus, "The ports there."));

    private static ObjectType IngressPortStatus { get; } = new(
        "IngressPortStatus", "A port of an Ingress.",
        Int("port", "The port."),
        Text("protocol", "TCP."),
        Text("error", "Why it does not serve: insula.dev/HAProxyMissing when HAProxy is not installed."));

    private static ObjectType IngressClassSpec { get; } = new(
        "IngressClassSpec", "Who serves the Ingresses of a class.",
        Text("controller", "Who: \"insula.dev/ingress\" is this daemon. Ingresses of others' classes are kept and left alone. Cannot be changed.").Required(),
        Any("parameters", "Settings of the controller.").Refused("insula.dev/ingress has none: time-outs and limits are annotations of Ingresses"));
}
