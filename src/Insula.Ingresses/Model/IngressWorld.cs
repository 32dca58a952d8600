using Insula.Api.Core;
using Insula.Api.Ingresses;

namespace Insula.Ingresses.Model;

/// <summary>All that decides where requests go.</summary>
public sealed record IngressWorld
{
    /// <summary>The Ingresses of our class.</summary>
    public required IReadOnlyList<Ingress> Ingresses { get; init; }

    /// <summary>A Service by namespace and name; null when there is none.</summary>
    public required Func<string, string, Service?> Service { get; init; }

    /// <summary>The EndpointSlices of a Service.</summary>
    public required Func<string, string, IEnumerable<EndpointSlice>> Slices { get; init; }

    /// <summary>A Secret by namespace and name; null when there is none.</summary>
    public required Func<string, string, Secret?> Secret { get; init; }

    /// <summary>What a Secret has of a certificate; who asks often remembers it.</summary>
    public Func<Secret, (string? Pem, IReadOnlyList<string> Names, string? Problem)> Certificate { get; init; } = CertificateReader.Read;
}
