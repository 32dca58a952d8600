namespace Insula.Api.Core;

/// <summary>The state of an endpoint (discovery.k8s.io/v1 EndpointConditions). What is not said of an endpoint counts as well: ready and serving.</summary>
public sealed record EndpointConditions
{
    /// <summary>Whether it is ready and not about to end, or published whatever it is.</summary>
    public bool? Ready { get; init; }

    /// <summary>Whether it is ready, even if about to end.</summary>
    public bool? Serving { get; init; }

    /// <summary>Whether it is about to end.</summary>
    public bool? Terminating { get; init; }
}
