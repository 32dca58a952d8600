namespace Insula.Linux.Netlink;

/// <summary>Reads one message of an answer; <see langword="null"/> leaves it out.</summary>
/// <typeparam name="T">What it is read as.</typeparam>
/// <param name="type">nlmsg_type.</param>
/// <param name="payload">What follows the header; valid during the call.</param>
public delegate T? NetlinkRead<out T>(ushort type, ReadOnlySpan<byte> payload)
    where T : class;
