using Insula.Api.Meta;

namespace Insula.Api.Core;

/// <summary>A scope for names (core/v1 Namespace).</summary>
public sealed record Namespace
{
    /// <summary>Always "Namespace".</summary>
    public string Kind { get; init => field = value ?? "Namespace"; } = "Namespace";

    /// <summary>Always "v1".</summary>
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is wanted.</summary>
    public NamespaceSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>What is.</summary>
    public NamespaceStatus Status { get; init => field = value ?? new(); } = new();
}
