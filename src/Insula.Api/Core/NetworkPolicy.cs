using Insula.Api.Meta;

namespace Insula.Api.Core;

/// <summary>Which connections pods may have (networking.k8s.io/v1 NetworkPolicy).</summary>
public sealed record NetworkPolicy
{
    /// <summary>Always "NetworkPolicy".</summary>
    public string Kind { get; init => field = value ?? "NetworkPolicy"; } = "NetworkPolicy";

    /// <summary>Always "networking.k8s.io/v1".</summary>
    public string ApiVersion { get; init => field = value ?? "networking.k8s.io/v1"; } = "networking.k8s.io/v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The pods, and what is allowed.</summary>
    public NetworkPolicySpec Spec { get; init => field = value ?? new(); } = new();
}
