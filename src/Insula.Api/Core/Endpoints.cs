using Insula.Api.Meta;

namespace Insula.Api.Core;

/// <summary>The addresses a Service leads to (core/v1 Endpoints); EndpointSlice says the same, and more.</summary>
public sealed record Endpoints
{
    /// <summary>Always "Endpoints".</summary>
    public string Kind { get; init => field = value ?? "Endpoints"; } = "Endpoints";

    /// <summary>Always "v1".</summary>
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    /// <summary>Name (the Service's), labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>Addresses that share ports.</summary>
    public IReadOnlyList<EndpointSubset> Subsets { get; init => field = value ?? []; } = [];
}
