namespace Insula.Linux.Netlink;

/// <summary>A link appeared, or its IPv4 forwarding was set (RTM_NEWNETCONF).</summary>
/// <param name="Index">The link's number; NETCONFA_IFINDEX_ALL for the whole host.</param>
/// <param name="Forwarding">Whether it forwards now.</param>
public sealed record ForwardingChange(int Index, bool Forwarding);
