namespace Insula.Linux.Netlink;

/// <summary>Reads one notification; <see langword="null"/> leaves it out.</summary>
/// <typeparam name="T">What it is read as.</typeparam>
/// <param name="port">nlmsg_pid: the port of the socket that asked for what is told.</param>
/// <param name="type">nlmsg_type.</param>
/// <param name="payload">What follows the header; valid during the call.</param>
public delegate T? NetlinkReadOf<out T>(uint port, ushort type, ReadOnlySpan<byte> payload)
    where T : class;
