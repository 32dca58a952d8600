namespace Insula.Linux.Netlink;

/// <summary>One direction of a link.</summary>
/// <param name="Bytes">Bytes carried.</param>
/// <param name="Packets">Packets carried.</param>
/// <param name="Errors">Packets that were broken.</param>
/// <param name="Dropped">Packets for which there was no room.</param>
public sealed record LinkCounters(ulong Bytes, ulong Packets, ulong Errors, ulong Dropped);
