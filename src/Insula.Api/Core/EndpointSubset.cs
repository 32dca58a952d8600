namespace Insula.Api.Core;

/// <summary>Addresses with the same ports (core/v1 EndpointSubset).</summary>
public sealed record EndpointSubset
{
    /// <summary>Addresses that are ready.</summary>
    public IReadOnlyList<EndpointAddress> Addresses { get; init => field = value ?? []; } = [];

    /// <summary>Addresses that are not.</summary>
    public IReadOnlyList<EndpointAddress> NotReadyAddresses { get; init => field = value ?? []; } = [];

    /// <summary>The ports at each of them.</summary>
    public IReadOnlyList<EndpointPort> Ports { get; init => field = value ?? []; } = [];
}
