using System.Text.Json.Nodes;
using static Insula.Api.Schema.Define;

namespace Insula.Api.Schema;

/// <summary>The fields of containers (core/v1).</summary>
internal static class ContainerTypes
{
    private static FieldInfo InitRestartPolicy { get; } =
        Text("restartPolicy", "Always makes it a sidecar: the next container starts when it has started up, it goes on beside the others and ends after them. Otherwise it runs to its end; OnFailure tries it again when it fails, with Never its failure fails the pod. Default: the pod's restartPolicy says what a failure means.")
            .OneOf("Always", "OnFailure", "Never");

    private static readonly FieldInfo[] _common =
    [
        Text("name", "A DNS label, unique in the pod. Cannot be changed.").Required(),
        Text("image", "The image, e.g. busybox, registry.example.org/app:1.2, app@sha256:….").Required(),
        Text("imagePullPolicy", "When the image is pulled. Default IfNotPresent, or Always for the tag latest. With Always the registry is asked at each start what the name means, but not about an image that insula load brought.").OneOf("Always", "IfNotPresent", "Never"),
        Texts("command", "The program and its first arguments; replaces the image's entrypoint. $(VAR) is replaced, $$(VAR) is not."),
        Texts("args", "Further arguments; replace the image's command. $(VAR) is replaced."),
        Text("workingDir", "Working directory. Default the image's."),
        Many("env", () => EnvVar, "Environment variables; later ones may use earlier ones as $(VAR).", "name"),
        Many("envFrom", () => EnvFromSource, "Sources whose keys all become variables; of the same name the later counts, and env over all."),
        Many("ports", () => ContainerPort, "Ports the container listens on; for information and for probes by name.", "containerPort"),
        One("resources", () => ResourceRequirements, "Limits and requests of cpu, memory, ephemeral-storage and huge pages."),
        Many("volumeMounts", () => VolumeMount, "Where the pod's volumes are mounted.", "mountPath"),
        Many("volumeDevices", () => VolumeDevice, "Block devices given to the container.", "devicePath").Refused(),
        One("livenessProbe", () => ProbeTypes.Probe, "A check whose failure restarts the container."),
        One("readinessProbe", () => ProbeTypes.Probe, "A check whose failure makes the container not ready."),
        One("startupProbe", () => ProbeTypes.Probe, "A check that must succeed once before the others begin; its failure restarts the container."),
        One("lifecycle", () => ProbeTypes.Lifecycle, "Hooks after start and before stop, and the stop signal; not for init containers without restartPolicy Always."),
        One("securityContext", () => SecurityTypes.SecurityContext, "Security settings; they override the pod's."),
        Text("restartPolicy", "What happens when this container ends, whatever the pod's restartPolicy says. Default the pod's.").OneOf("Always", "OnFailure", "Never"),
        Many("restartPolicyRules", () => ContainerRestartRule, "What happens after certain exit codes; the first that fits counts, and restartPolicy, which must be given beside them, when none does. At most 20."),
        Many("resizePolicy", () => ContainerResizePolicy, "What a change of a resource by the subresource resize takes.", "resourceName"),
        Bool("stdin", "Whether it has a standard input to attach to, which stays open whoever comes and goes; otherwise that is /dev/null, or the terminal. Default false."),
        Bool("stdinOnce", "Whether standard input is closed when the first who was attached to it leaves. Has no meaning with tty: a terminal's input has no end. Default false."),
        Bool("tty", "Whether it has a terminal, for all three streams. Its log has what the terminal shows. Default false."),
        Text("terminationMessagePath", "File whose first 4096 bytes become the termination message; empty at each start. Default /dev/termination-log."),
        Text("terminationMessagePolicy", "Where the termination message comes from. FallbackToLogsOnError: of a container that failed and left none, from the last 80 lines of its log, at most 2048 bytes. Default File.").OneOf("File", "FallbackToLogsOnError"),
    ];

    // What makes promises that nobody keeps for it.
    private static readonly string[] _notForEphemeral =
        ["ports", "resources", "resizePolicy", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "restartPolicy", "restartPolicyRules"];

    public static ObjectType Container { get; } = new("Container", "One container of a pod.", _common);

    public static ObjectType InitContainer { get; } = new(
        "Container", "A container that runs before the others, or, with restartPolicy Always, from then on beside them (a sidecar).",
        [.. _common.Select(field => field.Name == "restartPolicy" ? InitRestartPolicy : field)]);

    public static ObjectType EphemeralContainer { get; } = new(
        "EphemeralContainer", "A container added to a running pod for debugging: it is started at once, and never again.",
        [
            .. _common.Select(field => _notForEphemeral.Contains(field.Name) ? field.Refused("cannot be set for an Ephemeral Container", new JsonObject(), new JsonArray()) : field),
            Text("targetContainerName", "The container whose processes it sees, and with which it ends: it lives in its PID namespace. Not while a container of the pod may trace processes (SYS_PTRACE). Default: it sees its own, or the pod's with shareProcessNamespace."),
        ]);

    public static ObjectType ResourceRequirements { get; } = new(
        "ResourceRequirements", "What a container may use and what it is promised.",
        QuantityMap("limits", "Most it may use: cpu in cores (500m is half a core), memory in bytes (64Mi). Over its memory limit a container is killed. ephemeral-storage: bytes in its writable layer and logs, with the pod's emptyDir volumes on disk those of all containers together; it is measured every ten seconds, and over it the pod is evicted; until then it may hold more, unless the daemon's disk has quotas of projects. hugepages-SIZE (hugepages-2Mi, hugepages-1Gi): bytes in huge pages, whole ones, beside cpu or memory; what has none here gets none."),
        QuantityMap("requests", "What it is promised: cpu becomes its share when the machine is busy. Pods get a place when the requests of all fit the machine. Default the limits, which those of huge pages must be."),
        Many("claims", () => ResourceClaim, "Devices claimed in spec.resourceClaims.", "name").Refused());

    public static ObjectType PodResourceRequirements { get; } = new(
        "PodResourceRequirements", "What a pod as a whole may use and what it is promised.",
        QuantityMap("limits", "Most its containers may use together; a container without a limit of its own may use all of it. cpu and memory."),
        QuantityMap("requests", "What it is promised, and what is packed: not less than its containers request together. Default what they request, else the limits. cpu and memory."),
        Many("claims", () => ResourceClaim, "Devices claimed in spec.resourceClaims.", "name").Refused());

    private static ObjectType ResourceClaim { get; } = new(
        "ResourceClaim", "A device claimed.",
        Text("name", "Name in spec.resourceClaims.").Required(),
        Text("request", "A request inside the claim."));

    private static ObjectType EnvVar { get; } = new(
        "EnvVar", "An environment variable.",
        Text("name", "Its name.").Required(),
        Text("value", "Its value; $(VAR) is replaced by an earlier variable. Default empty."),
        One("valueFrom", () => EnvVarSource, "Where the value comes from instead, read at each start of the container."));

    private static ObjectType EnvVarSource { get; } = new(
        "EnvVarSource", "Source of a variable's value.",
        One("fieldRef", () => VolumeTypes.ObjectFieldSelector, "A field of the pod."),
        One("resourceFieldRef", () => VolumeTypes.ResourceFieldSelector, "A limit or request of the container."),
        One("configMapKeyRef", () => KeySelector, "A key of a ConfigMap."),
        One("secretKeyRef", () => KeySelector, "A key of a Secret."),
        One("fileKeyRef", () => FileKeySelector, "A key of a file that an earlier container has written into an emptyDir, which this one need not mount."));

    private static ObjectType KeySelector { get; } = new(
        "KeySelector", "A key of an object.",
        Text("name", "Name of the object."),
        Text("key", "The key.").Required(),
        Bool("optional", "Whether it may be missing."));

    private static ObjectType FileKeySelector { get; } = new(
        "FileKeySelector", "A key of a file with lines NAME='value'.",
        Text("volumeName", "Name of the pod's volume, an emptyDir.").Required(),
        Text("path", "Path of the file in the volume; no component may be a link.").Required(),
        Text("key", "The key, of at most 128 characters.").Required(),
        Bool("optional", "Whether the file or the key may be missing; a file that cannot be read as such is an error all the same."));

    private static ObjectType EnvFromSource { get; } = new(
        "EnvFromSource", "A source of variables.",
        Text("prefix", "Put before each name."),
        One("configMapRef", () => EnvSource, "A ConfigMap."),
        One("secretRef", () => EnvSource, "A Secret."));

    private static ObjectType EnvSource { get; } = new(
        "EnvSource", "An object whose keys become variables.",
        Text("name", "Its name."),
        Bool("optional", "Whether it may be missing."));

    private static ObjectType ContainerPort { get; } = new(
        "ContainerPort", "A port the container listens on.",
        Int("containerPort", "The port, 1 to 65535.").Required(),
        Text("name", "A name by which probes can refer to it; unique in the pod."),
        Text("protocol", "The protocol. Default TCP.").OneOf("TCP", "UDP", "SCTP"),
        Int("hostPort", "Port of this machine that leads to it, from outside too, 1 to 65535. A pod whose host port another pod has, or a Service as a node port, is rejected. With hostNetwork the same as containerPort."),
        Text("hostIP", "Which of this machine's IPv4 addresses hostPort is at. Default all but those of the loopback."));

    private static ObjectType VolumeMount { get; } = new(
        "VolumeMount", "A volume mounted into the container.",
        Text("name", "Name of the pod's volume.").Required(),
        Text("mountPath", "Where it is mounted; must not contain ':'.").Required(),
        Bool("readOnly", "Whether it is read-only. Default false."),
        Text("subPath", "Path inside the volume that is mounted instead of its root."),
        Text("subPathExpr", "subPath with $(VAR) replaced by the container's variables; one that is not there keeps the container waiting."),
        Text("mountPropagation", "Whether later mounts pass between host and container. Default None.").OneOf("None", "HostToContainer", "Bidirectional"),
        Text("recursiveReadOnly", "Whether mounts below a read-only mount are read-only too. Default Disabled.").OneOf("Disabled", "IfPossible", "Enabled"));

    private static ObjectType VolumeDevice { get; } = new(
        "VolumeDevice", "A block device given to the container.",
        Text("name", "Name of the pod's volume.").Required(),
        Text("devicePath", "Path of the device in the container.").Required());

    private static ObjectType ContainerResizePolicy { get; } = new(
        "ContainerResizePolicy", "What a change of one resource takes.",
        Text("resourceName", "The resource.").Required().OneOf("cpu", "memory"),
        Text("restartPolicy", "Whether the container is restarted for it. Default of a resource that is not in the list: NotRequired.").Required().OneOf("NotRequired", "RestartContainer"));

    private static ObjectType ContainerRestartRule { get; } = new(
        "ContainerRestartRule", "What happens after certain exit codes of a container.",
        Text("action", "Restart starts this container again. RestartAllContainers kills the pod's containers and begins them anew, init containers first, in the same sandbox with the same address and volumes.")
            .Required().OneOf("Restart", "RestartAllContainers"),
        One("exitCodes", () => ContainerRestartRuleOnExitCodes, "The exit codes it is for.").Required());

    private static ObjectType ContainerRestartRuleOnExitCodes { get; } = new(
        "ContainerRestartRuleOnExitCodes", "Exit codes of a restart rule.",
        Text("operator", "In: the exit code is one of them. NotIn: it is none of them.").Required().OneOf("In", "NotIn"),
        Ints("values", "The exit codes, at most 255."));
}
