namespace Insula.Network.Balancers;

/// <summary>What a health-check node port says.</summary>
/// <param name="Port">The port of this machine.</param>
/// <param name="Service">The Service, as "namespace/name".</param>
/// <param name="Endpoints">The number of its ready endpoints on this machine.</param>
public sealed record HealthState(int Port, string Service, int Endpoints);
