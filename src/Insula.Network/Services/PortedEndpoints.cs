using Insula.Api.Core;

namespace Insula.Network.Services;

/// <summary>Endpoints of one family with the same ports, as EndpointSlices hold them.</summary>
/// <param name="Family">The family of their addresses; see <see cref="IPFamilies"/>.</param>
/// <param name="Ports">The ports; none when the Service has none.</param>
/// <param name="Endpoints">The endpoints, each of one address, ordered by name.</param>
public sealed record PortedEndpoints(string Family, IReadOnlyList<EndpointPort> Ports, IReadOnlyList<Endpoint> Endpoints);
