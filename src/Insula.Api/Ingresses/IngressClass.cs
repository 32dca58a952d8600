using Insula.Api.Meta;

namespace Insula.Api.Ingresses;

/// <summary>Who serves Ingresses (networking.k8s.io/v1 IngressClass).</summary>
public sealed record IngressClass
{
    /// <summary>Always "IngressClass".</summary>
    public string Kind { get; init => field = value ?? "IngressClass"; } = "IngressClass";

    /// <summary>Always "networking.k8s.io/v1".</summary>
    public string ApiVersion { get; init => field = value ?? "networking.k8s.io/v1"; } = "networking.k8s.io/v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>Who it is.</summary>
    public IngressClassSpec Spec { get; init => field = value ?? new(); } = new();
}
