namespace Insula.Linux.Netlink;

/// <summary>One message of a datagram.</summary>
/// <param name="Offset">Where it begins.</param>
/// <param name="Description">What it asks for, for people.</param>
/// <param name="Tolerated">Errors that count as success.</param>
public sealed record NetlinkRequest(int Offset, string Description, IReadOnlyList<Errno> Tolerated);
