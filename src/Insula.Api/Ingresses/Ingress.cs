using Insula.Api.Meta;

namespace Insula.Api.Ingresses;

/// <summary>Which requests from outside come to which Services (networking.k8s.io/v1 Ingress).</summary>
public sealed record Ingress
{
    /// <summary>Always "Ingress".</summary>
    public string Kind { get; init => field = value ?? "Ingress"; } = "Ingress";

    /// <summary>Always "networking.k8s.io/v1".</summary>
    public string ApiVersion { get; init => field = value ?? "networking.k8s.io/v1"; } = "networking.k8s.io/v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is wanted.</summary>
    public IngressSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>Where it is reached.</summary>
    public IngressStatus Status { get; init => field = value ?? new(); } = new();
}
