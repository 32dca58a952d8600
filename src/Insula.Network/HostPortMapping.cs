namespace Insula.Network;

/// <summary>A port of the machine that leads to a pod.</summary>
/// <param name="HostIP">The address of the machine; null for all.</param>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
/// <param name="HostPort">The machine's port.</param>
/// <param name="Port">The pod's.</param>
public sealed record HostPortMapping(string? HostIP, string Protocol, int HostPort, int Port);
