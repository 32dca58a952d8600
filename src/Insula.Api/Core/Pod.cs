using Insula.Api.Meta;

namespace Insula.Api.Core;

/// <summary>A group of containers that share network, IPC and host name (core/v1 Pod).</summary>
public sealed record Pod
{
    /// <summary>Always "Pod".</summary>
    public string Kind { get; init => field = value ?? "Pod"; } = "Pod";

    /// <summary>Always "v1".</summary>
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is wanted.</summary>
    public PodSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What is, as the daemon last saw it.</summary>
    public PodStatus Status { get; init => field = value ?? new(); } = new();
}
