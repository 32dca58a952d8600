using Insula.Dns.Tables;

namespace Insula.Network.Dns.Cluster;

/// <summary>A record and its name.</summary>
/// <param name="Name">The name's bytes, in lower case.</param>
/// <param name="Record">The record.</param>
public readonly record struct NamedRecord(byte[] Name, DnsRecord Record);
