using Insula.Api.Meta;

namespace Insula.Api.Core;

/// <summary>A name and an address for a set of pods (core/v1 Service).</summary>
public sealed record Service
{
    /// <summary>Always "Service".</summary>
    public string Kind { get; init => field = value ?? "Service"; } = "Service";

    /// <summary>Always "v1".</summary>
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is wanted.</summary>
    public ServiceSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What is.</summary>
    public ServiceStatus Status { get; init => field = value ?? new(); } = new();
}
