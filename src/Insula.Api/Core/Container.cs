using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Insula.Api.Core;

/// <summary>One container of a pod (core/v1 Container).</summary>
public sealed record Container
{
    /// <summary>A DNS label, unique in the pod.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Image reference.</summary>
    public string? Image { get; init; }

    /// <summary>Replaces the image's entrypoint; $(VAR) is expanded.</summary>
    public IReadOnlyList<string> Command { get; init => field = value ?? []; } = [];

    /// <summary>Replaces the image's command; $(VAR) is expanded.</summary>
    public IReadOnlyList<string> Args { get; init => field = value ?? []; } = [];

    /// <summary>Working directory; default the image's.</summary>
    public string? WorkingDir { get; init; }

    /// <summary>Ports the container listens on; informational.</summary>
    public IReadOnlyList<ContainerPort> Ports { get; init => field = value ?? []; } = [];

    /// <summary>Sources of environment variables.</summary>
    public IReadOnlyList<EnvFromSource> EnvFrom { get; init => field = value ?? []; } = [];

    /// <summary>Environment variables, in order.</summary>
    public IReadOnlyList<EnvVar> Env { get; init => field = value ?? []; } = [];

    /// <summary>Requests and limits.</summary>
    public ResourceRequirements Resources { get; init => field = value ?? new(); } = new();

    /// <summary>How a change of resources is done.</summary>
    public IReadOnlyList<ContainerResizePolicy> ResizePolicy { get; init => field = value ?? []; } = [];

    /// <summary>Restart policy of this container alone; null for the pod's.</summary>
    public string? RestartPolicy { get; init; }

    /// <summary>What happens after certain exit codes; the first that fits counts.</summary>
    public IReadOnlyList<ContainerRestartRule> RestartPolicyRules { get; init => field = value ?? []; } = [];

    /// <summary>Volumes mounted into the container.</summary>
    public IReadOnlyList<VolumeMount> VolumeMounts { get; init => field = value ?? []; } = [];

    /// <summary>Block devices given to the container.</summary>
    public JsonNode? VolumeDevices { get; init; }

    /// <summary>Failing restarts the container.</summary>
    public Probe? LivenessProbe { get; init; }

    /// <summary>Failing makes the container not ready.</summary>
    public Probe? ReadinessProbe { get; init; }

    /// <summary>Until it succeeds the other probes wait; failing restarts the container.</summary>
    public Probe? StartupProbe { get; init; }

    /// <summary>Hooks after start and before stop.</summary>
    public Lifecycle? Lifecycle { get; init; }

    /// <summary>File whose content becomes the termination message; default /dev/termination-log.</summary>
    public string? TerminationMessagePath { get; init; }

    /// <summary>File (default) or FallbackToLogsOnError.</summary>
    public string? TerminationMessagePolicy { get; init; }

    /// <summary>Always, IfNotPresent or Never; see PullPolicies.</summary>
    public string? ImagePullPolicy { get; init; }

    /// <summary>Security settings; they override the pod's.</summary>
    public SecurityContext? SecurityContext { get; init; }

    /// <summary>Whether the container has a standard input.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Stdin { get; init; }

    /// <summary>Whether standard input closes after the first attach.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool StdinOnce { get; init; }

    /// <summary>Of an ephemeral container: the container whose processes it sees.</summary>
    public string? TargetContainerName { get; init; }

    /// <summary>Whether the container has a terminal.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Tty { get; init; }
}
