using Insula.Api.Meta;

namespace Insula.Api.Workloads;

/// <summary>The older form of a ReplicaSet, whose selector is of labels alone (core/v1 ReplicationController).</summary>
public sealed record ReplicationController
{
    /// <summary>Always "ReplicationController".</summary>
    public string Kind { get; init => field = value ?? "ReplicationController"; } = "ReplicationController";

    /// <summary>Always "v1".</summary>
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is wanted.</summary>
    public ReplicationControllerSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What is; written by the daemon, ignored in manifests.</summary>
    public ReplicaSetStatus Status { get; init => field = value ?? new(); } = new();
}
