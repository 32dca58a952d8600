using Insula.Api.Meta;

namespace Insula.Api.Workloads;

/// <summary>Pods with names that stay: NAME-0, NAME-1, …, each with a DNS name of its own by the headless Service named (apps/v1 StatefulSet).</summary>
public sealed record StatefulSet
{
    /// <summary>Always "StatefulSet".</summary>
    public string Kind { get; init => field = value ?? "StatefulSet"; } = "StatefulSet";

    /// <summary>Always "apps/v1".</summary>
    public string ApiVersion { get; init => field = value ?? "apps/v1"; } = "apps/v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is wanted.</summary>
    public StatefulSetSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What is; written by the daemon, ignored in manifests.</summary>
    public StatefulSetStatus Status { get; init => field = value ?? new(); } = new();
}
