using Insula.Api.Meta;

namespace Insula.Api.Workloads;

/// <summary>Pods of one kind, so many of them, and how they are replaced when the template changes (apps/v1 Deployment).</summary>
public sealed record Deployment
{
    /// <summary>Always "Deployment".</summary>
    public string Kind { get; init => field = value ?? "Deployment"; } = "Deployment";

    /// <summary>Always "apps/v1".</summary>
    public string ApiVersion { get; init => field = value ?? "apps/v1"; } = "apps/v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is wanted.</summary>
    public DeploymentSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What is; written by the daemon, ignored in manifests.</summary>
    public DeploymentStatus Status { get; init => field = value ?? new(); } = new();
}
