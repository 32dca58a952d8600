using static Insula.Api.Schema.Define;

namespace Insula.Api.Schema;

/// <summary>The fields of a pod's status (core/v1).</summary>
internal static class PodStatusTypes
{
    public static ObjectType PodStatus { get; } = new(
        "PodStatus", "What is known of a pod.",
        Text("phase", "Pending, Running, Succeeded, Failed or Unknown."),
        Many("conditions", () => PodCondition, "PodScheduled, Initialized, ContainersReady, Ready and others.", "type"),
        Text("reason", "Why the pod is in this state, in one word."),
        Text("message", "The same for people."),
        Text("hostIP", "Address of the machine."),
        Many("hostIPs", () => Address, "All addresses of the machine.", "ip"),
        Text("podIP", "First address of the pod."),
        Many("podIPs", () => Address, "All addresses of the pod.", "ip"),
        Time("startTime", "When the daemon accepted the pod."),
        Text("qosClass", "Guaranteed, Burstable or BestEffort; it decides the cgroup and who is killed first."),
        Many("containerStatuses", () => ContainerStatus, "One per container."),
        Many("initContainerStatuses", () => ContainerStatus, "One per init container."),
        Many("ephemeralContainerStatuses", () => ContainerStatus, "One per ephemeral container."),
        Long("observedGeneration", "The metadata.generation that the status is about."),
        Text("nominatedNodeName", "The machine, while pods of less priority end to make room on it."),
        Text("resize", "Deprecated; never set."),
        Any("resourceClaimStatuses", "Never set."),
        Any("extendedResourceClaimStatus", "Never set."),
        QuantityMap("allocatedResources", "Never set."),
        One("resources", () => ContainerTypes.ResourceRequirements, "Never set."));

    private static ObjectType PodCondition { get; } = new(
        "PodCondition", "A condition of a pod.",
        Text("type", "What it is about."),
        Text("status", "True, False or Unknown."),
        Long("observedGeneration", "The metadata.generation it is about."),
        Time("lastProbeTime", "When it was last checked."),
        Time("lastTransitionTime", "When status last changed."),
        Text("reason", "One word."),
        Text("message", "Text for people."),
        Long("gracePeriodSeconds", "Insula's own: how long the pod has at most that is evicted for a soft threshold."));

    private static ObjectType Address { get; } = new("PodIP", "An address.", Text("ip", "The address."));

    private static ObjectType ContainerStatus { get; } = new(
        "ContainerStatus", "What is known of a container.",
        Text("name", "The container's name."),
        One("state", () => ContainerState, "Its present state."),
        One("lastState", () => ContainerState, "How its last run ended."),
        Bool("ready", "Whether it is ready."),
        Bool("started", "Whether it has passed its startup probe."),
        Int("restartCount", "How often it was restarted."),
        Text("image", "The image."),
        Text("imageID", "Digest of the image."),
        Text("containerID", "insula://uid/name.attempt."),
        One("user", () => ContainerUser, "The ids its first process began with, as the kernel told them."),
        QuantityMap("allocatedResources", "The requests that are set aside for it; others than the specification's while a change is pending."),
        One("resources", () => ContainerTypes.ResourceRequirements, "What it is held to by the kernel; of a container that does not run, what it will be started with."),
        Many("volumeMounts", () => VolumeMountStatus, "Its mounts, as they were made.", "mountPath"),
        Any("allocatedResourcesStatus", "Never set."),
        Text("stopSignal", "Effective stop signal."));

    private static ObjectType VolumeMountStatus { get; } = new(
        "VolumeMountStatus", "A volume's mount as it was made.",
        Text("name", "Name of the pod's volume."),
        Text("mountPath", "Where it is mounted."),
        Bool("readOnly", "Whether it is read-only."),
        Text("recursiveReadOnly", "Of a read-only mount whether mounts below are read-only too: Disabled or Enabled."));

    private static ObjectType ContainerUser { get; } = new(
        "ContainerUser", "The user a container began as.",
        One("linux", () => LinuxContainerUser, "On Linux."));

    private static ObjectType LinuxContainerUser { get; } = new(
        "LinuxContainerUser", "User and groups on Linux.",
        Long("uid", "User id."),
        Long("gid", "Group id."),
        Longs("supplementalGroups", "Further group ids."));

    private static ObjectType ContainerState { get; } = new(
        "ContainerState", "State of a container; at most one is set.",
        One("waiting", () => Waiting, "Not yet running."),
        One("running", () => Running, "Running."),
        One("terminated", () => Terminated, "Ended."));

    private static ObjectType Waiting { get; } = new(
        "ContainerStateWaiting", "Why a container does not run.",
        Text("reason", "One word, e.g. CrashLoopBackOff."),
        Text("message", "Text for people."));

    private static ObjectType Running { get; } = new(
        "ContainerStateRunning", "A running container.",
        Time("startedAt", "When it started."));

    private static ObjectType Terminated { get; } = new(
        "ContainerStateTerminated", "How a container ended.",
        Int("exitCode", "Exit code; 128 + signal when a signal ended it."),
        Int("signal", "The signal that ended it."),
        Text("reason", "Completed, Error, OOMKilled, …"),
        Text("message", "Text for people."),
        Time("startedAt", "When it started."),
        Time("finishedAt", "When it ended."),
        Text("containerID", "insula://uid/name.attempt."));
}
