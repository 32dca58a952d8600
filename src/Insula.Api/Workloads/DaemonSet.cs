using Insula.Api.Meta;

namespace Insula.Api.Workloads;

/// <summary>A pod on every machine: here one (apps/v1 DaemonSet).</summary>
public sealed record DaemonSet
{
    /// <summary>Always "DaemonSet".</summary>
    public string Kind { get; init => field = value ?? "DaemonSet"; } = "DaemonSet";

    /// <summary>Always "apps/v1".</summary>
    public string ApiVersion { get; init => field = value ?? "apps/v1"; } = "apps/v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is wanted.</summary>
    public DaemonSetSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What is; written by the daemon, ignored in manifests.</summary>
    public DaemonSetStatus Status { get; init => field = value ?? new(); } = new();
}
