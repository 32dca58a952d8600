namespace Insula.Network.Balancers;

/// <summary>A port that a load balancer is to serve.</summary>
/// <param name="Name">Its name; empty for none.</param>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
/// <param name="Port">The number.</param>
/// <param name="NodePort">The port of this machine that leads to the same endpoints; null for none.</param>
public sealed record BalancerPort(string Name, string Protocol, int Port, int? NodePort);
