namespace Insula.Ingresses.Model;

/// <summary>Where requests go, as plain values in an order that depends on nothing but them.</summary>
public sealed record IngressModel
{
    /// <summary>The paths, ordered by host and path; of each host, path and kind one.</summary>
    public required IReadOnlyList<Route> Routes { get; init; }

    /// <summary>What they lead to, ordered by name.</summary>
    public required IReadOnlyList<Backend> Backends { get; init; }

    /// <summary>The certificates, ordered by name.</summary>
    public required IReadOnlyList<Certificate> Certificates { get; init; }

    /// <summary>What there is to say about Ingresses.</summary>
    public required IReadOnlyList<IngressNote> Notes { get; init; }
}
