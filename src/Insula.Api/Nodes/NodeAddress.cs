namespace Insula.Api.Nodes;

/// <summary>An address of the machine (core/v1 NodeAddress).</summary>
/// <param name="Type">InternalIP or Hostname.</param>
/// <param name="Address">The address.</param>
public sealed record NodeAddress(string Type, string Address);
