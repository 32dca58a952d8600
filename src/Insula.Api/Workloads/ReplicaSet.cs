using Insula.Api.Meta;

namespace Insula.Api.Workloads;

/// <summary>So many pods made from one template (apps/v1 ReplicaSet).</summary>
public sealed record ReplicaSet
{
    /// <summary>Always "ReplicaSet".</summary>
    public string Kind { get; init => field = value ?? "ReplicaSet"; } = "ReplicaSet";

    /// <summary>Always "apps/v1".</summary>
    public string ApiVersion { get; init => field = value ?? "apps/v1"; } = "apps/v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is wanted.</summary>
    public ReplicaSetSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What is; written by the daemon, ignored in manifests.</summary>
    public ReplicaSetStatus Status { get; init => field = value ?? new(); } = new();
}
