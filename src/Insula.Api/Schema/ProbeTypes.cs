using static Insula.Api.Schema.Define;

namespace Insula.Api.Schema;

/// <summary>The fields of probes and hooks (core/v1).</summary>
internal static class ProbeTypes
{
    public static ObjectType Probe { get; } = new(
        "Probe", "A check of a container's health; exactly one of exec, httpGet, tcpSocket and grpc is given.",
        One("exec", () => ExecAction, "Runs a command in the container; exit code 0 is success."),
        One("httpGet", () => HttpGetAction, "Gets a page; a status from 200 to 399 is success."),
        One("tcpSocket", () => TcpSocketAction, "Opens a TCP connection; an open port is success."),
        One("grpc", () => GrpcAction, "Asks the gRPC health service; SERVING is success."),
        Int("initialDelaySeconds", "Seconds between the container's start and the first check. Default 0."),
        Int("periodSeconds", "Seconds between checks. Default 10."),
        Int("timeoutSeconds", "Seconds after which a check has failed. Default 1."),
        Int("initialDelayMilliseconds", "initialDelaySeconds more finely; that is then this, rounded up.").OnlyHere(),
        Int("periodMilliseconds", "periodSeconds more finely, at least 10; that is then this, rounded up.").OnlyHere(),
        Int("timeoutMilliseconds", "timeoutSeconds more finely, at least 1; that is then this, rounded up.").OnlyHere(),
        Int("successThreshold", "Successes in a row needed after a failure; 1 for liveness and startup. Default 1."),
        Int("failureThreshold", "Failures in a row needed after a success. Default 3."),
        Long("terminationGracePeriodSeconds", "Grace in seconds when this check ends the container; not for readiness. Default the pod's."));

    public static ObjectType Lifecycle { get; } = new(
        "Lifecycle", "Hooks.",
        One("postStart", () => LifecycleHandler, "Runs right after the container's start; probes wait for it, and its failure ends the container. After a daemon's death it may run once more."),
        One("preStop", () => LifecycleHandler, "Runs before the stop signal, within the grace; a sidecar's runs when the pod begins to end. Not when a container ends by itself, nor with a grace of 0."),
        Text("stopSignal", "The stop signal instead of the image's, e.g. SIGQUIT; needs spec.os.name."));

    private static ObjectType LifecycleHandler { get; } = new(
        "LifecycleHandler", "What a hook does.",
        One("exec", () => ExecAction, "Runs a command in the container; another exit code than 0 is a failure."),
        One("httpGet", () => HttpGetAction, "Gets a page; any answer is a success, whatever its status."),
        One("tcpSocket", () => TcpSocketAction, "Opens a TCP connection.").Refused("deprecated, and no kubelet runs it: use exec or httpGet"),
        One("sleep", () => SleepAction, "Waits."));

    private static ObjectType SleepAction { get; } = new(
        "SleepAction", "A pause.",
        Long("seconds", "Its length, at most terminationGracePeriodSeconds.").Required());

    private static ObjectType ExecAction { get; } = new(
        "ExecAction", "A command.",
        Texts("command", "The program and its arguments; no shell is involved."));

    private static ObjectType HttpGetAction { get; } = new(
        "HTTPGetAction", "An HTTP request.",
        IntOrString("port", "Port, or name of one of the container's ports.").Required(),
        Text("path", "Path. Default /."),
        Text("host", "Host to connect to. Default the pod's address; for another Host header set it in httpHeaders."),
        Text("scheme", "HTTP or HTTPS; certificates are not verified. Default HTTP.").OneOf("HTTP", "HTTPS"),
        Many("httpHeaders", () => HttpHeader, "Headers; a name may occur more than once."));

    private static ObjectType HttpHeader { get; } = new(
        "HTTPHeader", "A header.",
        Text("name", "Its name.").Required(),
        Text("value", "Its value.").Required());

    private static ObjectType TcpSocketAction { get; } = new(
        "TCPSocketAction", "A TCP connection.",
        IntOrString("port", "Port, or name of one of the container's ports.").Required(),
        Text("host", "Host to connect to. Default the pod's address."));

    private static ObjectType GrpcAction { get; } = new(
        "GRPCAction", "A call of grpc.health.v1.Health/Check.",
        Int("port", "Port.").Required(),
        Text("service", "Service asked about. Default empty."));
}
