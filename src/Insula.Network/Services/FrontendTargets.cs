namespace Insula.Network.Services;

/// <summary>A frontend and where it leads.</summary>
/// <param name="Frontend">The frontend.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Targets">The targets, each once; none: connections are rejected.</param>
/// <param name="AffinitySeconds">How long a client is kept at its target after its latest connection; null: it is not.</param>
public sealed record FrontendTargets(Frontend Frontend, FrontendKind Kind, IReadOnlyList<Target> Targets, int? AffinitySeconds)
{
    /// <summary>Of a balancer's: the networks that may come from outside; null: all.</summary>
    public IReadOnlyList<System.Net.IPNetwork>? Sources { get; init; }

    /// <summary>Of a balancer's: whether its address is for Services alone, so that nothing else of the machine is reached at it.</summary>
    public bool IsForServicesAlone { get; init; }
}
